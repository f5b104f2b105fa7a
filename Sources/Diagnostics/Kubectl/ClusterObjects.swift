internal import Documents
internal import SecretMemory

/// Objects of a cluster, each as the file that `kubectl get KIND NAME -o yaml` prints, so that findings have its lines.
package enum ClusterObjects {
    /// The objects in kubectl's YAML for a list, or its only object. `path` names each for the reader.
    package static func files(in yaml: String, path: (Manifest) -> String) -> [ManifestFile] {
        texts(in: yaml).compactMap { text in
            var file = ManifestFile(path: "", text: text)
            guard let manifest = manifest(file) else { return nil }
            file.path = path(manifest)
            return file
        }
    }

    package static func manifest(_ file: ManifestFile) -> Manifest? {
        (try? Manifest.read(file))?.first { !$0.kind.isEmpty && $0.kind != "List" }
    }

    /// The items of a list as documents of their own.
    ///
    /// kubectl writes a list's items as a block sequence whose dashes stand in the first column, so an item's text is
    /// what is left without its first two columns.
    static func texts(in yaml: String) -> [String] {
        let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false)
        guard let items = lines.firstIndex(of: "items:") else {
            return lines.contains("items: []") || !yaml.contains("kind:") ? [] : [yaml]
        }
        var texts: [[Substring]] = []
        for line in lines[(items + 1)...] {
            if line.hasPrefix("- ") {
                texts.append([line.dropFirst(2)])
            } else if line.hasPrefix("  "), !texts.isEmpty {
                texts[texts.endIndex - 1].append(line.dropFirst(2))
            } else if line.isEmpty, !texts.isEmpty {
                texts[texts.endIndex - 1].append(line)
            } else {
                break
            }
        }
        return texts.map { $0.joined(separator: "\n") + "\n" }
    }
}

extension Manifest {
    /// `metadata.uid`.
    package var uid: String { root["metadata"]?["uid"]?.text ?? "" }

    /// Another object makes it, such as a ReplicaSet its pods.
    package var isControlled: Bool {
        (root["metadata"]?["ownerReferences"]?.sequence ?? []).contains { $0["controller"]?.text == "true" }
    }

    /// The kinds of the objects that it belongs to.
    package var ownerKinds: [String] {
        (root["metadata"]?["ownerReferences"]?.sequence ?? []).compactMap { $0["kind"]?.text }
    }

    /// The node of a pod; empty while it has none.
    package var nodeName: String { root["spec"]?["nodeName"]?.text ?? "" }

    /// A pod whose containers have ended for good, and whose volumes are unmounted.
    package var hasEnded: Bool { ["Succeeded", "Failed"].contains(root["status"]?["phase"]?.text) }

    package var isRunning: Bool { root["status"]?["phase"]?.text == "Running" }
}
