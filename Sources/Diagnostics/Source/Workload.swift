package import Documents

/// A pod or an object that creates pods, with the volumes that mount classes.
package struct Workload: Sendable {
    package var manifest: Manifest
    package var template: Manifest.PodTemplate

    /// A volume of the Secrets Store CSI driver.
    package struct Volume: Sendable {
        package var name: String
        package var csi: YAMLNode
        /// The name of the class; empty if the volume does not name one.
        package var className: String

        /// The attributes of the volume in addition to the class's name. The driver overlays the class's parameters
        /// with them.
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

    /// Returns the class of that name that the pods mount: one of the same namespace, or else one that gets its
    /// namespace when it is applied.
    package func mountedClass(_ name: String, among classes: [ClassManifest]) -> ClassManifest? {
        let named = classes.filter { $0.manifest.name == name }
        return named.first { $0.manifest.namespace == manifest.namespace }
            ?? named.first { $0.manifest.mayShareNamespace(with: manifest) }
    }

    /// Returns whether the pods mount `parsedClass`.
    package func mounts(_ parsedClass: ClassManifest) -> Bool {
        manifest.mayShareNamespace(with: parsedClass.manifest)
            && volumes.contains { $0.className == parsedClass.manifest.name }
    }
}
