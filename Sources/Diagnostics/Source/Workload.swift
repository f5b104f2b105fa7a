package import Documents

/// What mounts classes, with each of its volumes.
package struct Workload: Sendable {
    package var manifest: Manifest
    package var template: Manifest.PodTemplate

    package struct Volume: Sendable {
        package var name: String
        package var csi: YAMLNode
        /// Of the class; empty when the volume names none.
        package var className: String

        /// What the volume says beyond the class's name, which the driver lays over the class's parameters.
        package var overrides: [YAMLNode.Member] {
            (csi["volumeAttributes"]?.mapping ?? []).filter { $0.key.scalar?.text != "secretProviderClass" }
        }
    }

    package static let driver = "secrets-store.csi.k8s.io"

    package init?(_ manifest: Manifest) {
        guard let template = manifest.podTemplate else { return nil }
        self.manifest = manifest
        self.template = template
    }

    package var namespace: String { manifest.namespace ?? "default" }

    /// The volumes of the Secrets Store CSI driver.
    package var volumes: [Volume] {
        template.csiVolumes.filter { $0.csi["driver"]?.text == Self.driver }.map { name, csi in
            Volume(name: name, csi: csi, className: csi["volumeAttributes"]?["secretProviderClass"]?.text ?? "")
        }
    }

    /// The subject of the pods' tokens.
    package var subject: String { "system:serviceaccount:\(namespace):\(template.serviceAccount)" }

    /// The class of that name that its pods mount: one of the same namespace, or else one that gets its namespace when
    /// it is applied.
    package func mountedClass(_ name: String, among classes: [ClassManifest]) -> ClassManifest? {
        let named = classes.filter { $0.manifest.name == name }
        return named.first { $0.manifest.namespace == manifest.namespace }
            ?? named.first { $0.manifest.mayShareNamespace(with: manifest) }
    }

    /// Whether its pods mount `parsedClass`.
    package func mounts(_ parsedClass: ClassManifest) -> Bool {
        manifest.mayShareNamespace(with: parsedClass.manifest)
            && volumes.contains { $0.className == parsedClass.manifest.name }
    }
}
