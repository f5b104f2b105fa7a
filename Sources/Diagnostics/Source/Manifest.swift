package import Documents

/// A file with manifests, as it was read.
package struct ManifestFile: Sendable {
    /// The path for display.
    package var path: String
    /// The text without a byte order mark, which some editors write at the beginning.
    package var text: String
    package var hasByteOrderMark: Bool

    package init(path: String, text: String) {
        self.path = path
        hasByteOrderMark = text.unicodeScalars.first == Self.byteOrderMark
        self.text = hasByteOrderMark ? String(text.unicodeScalars.dropFirst()) : text
    }

    package static let byteOrderMark: Unicode.Scalar = "\u{FEFF}"
}

/// One Kubernetes object and the file that contains it.
package struct Manifest: Sendable {
    package var path: String
    package var source: TextSource
    package var root: YAMLNode

    package var kind: String { root["kind"]?.text ?? "" }
    package var apiVersion: String { root["apiVersion"]?.text ?? "" }
    package var name: String { root["metadata"]?["name"]?.text ?? "" }
    package var namespace: String? { root["metadata"]?["namespace"]?.text }

    /// Returns whether both objects are or may be in the same namespace. An object that does not name one gets its
    /// namespace when it is applied.
    package func mayShareNamespace(with other: Manifest) -> Bool {
        guard let namespace, let theirs = other.namespace else { return true }
        return namespace == theirs
    }

    /// The name of the object in messages, such as `Deployment payments-api`.
    package var title: String { name.isEmpty ? kind : "\(kind) \(name)" }

    /// The maximum number of nodes in one file, which is more than the manifests of a large cluster have.
    private static let maximumNodes = 5_000_000

    /// Returns the documents of a file.
    package static func documents(_ text: String) throws(YAMLError) -> [YAMLNode] {
        try YAMLParser.parseAll(JSONEscapes.readableAsYAML(text), maximumNodes: maximumNodes)
    }

    /// Returns every object of a file; a `List` is replaced by its items.
    package static func read(_ file: ManifestFile) throws(YAMLError) -> [Manifest] {
        let source = TextSource(file: file.text)
        return try documents(file.text).flatMap { document in
            let items = document["kind"]?.text == "List" ? document["items"]?.sequence : nil
            return (items ?? [document]).map { Manifest(path: file.path, source: source, root: $0) }
        }.filter { !$0.root.isNull }
    }
}

extension Manifest {
    /// The pod that a workload creates, or the pod itself.
    package struct PodTemplate: Sendable {
        package var metadata: YAMLNode?
        package var spec: YAMLNode

        package var serviceAccount: String {
            spec["serviceAccountName"]?.text ?? spec["serviceAccount"]?.text ?? "default"
        }

        /// The `csi` part of each volume that has one.
        package var csiVolumes: [(name: String, csi: YAMLNode)] {
            (spec["volumes"]?.sequence ?? []).compactMap { volume in
                guard let csi = volume["csi"], csi.mapping != nil else { return nil }
                return (volume["name"]?.text ?? "", csi)
            }
        }

        package var containers: [YAMLNode] {
            ["initContainers", "containers", "ephemeralContainers"].flatMap { spec[$0]?.sequence ?? [] }
        }
    }

    package var podTemplate: PodTemplate? {
        let spec = root["spec"]
        if kind == "Pod", let spec { return PodTemplate(metadata: root["metadata"], spec: spec) }
        guard let template = spec?["template"] ?? spec?["jobTemplate"]?["spec"]?["template"],
            let podSpec = template["spec"]
        else { return nil }
        return PodTemplate(metadata: template["metadata"], spec: podSpec)
    }
}
