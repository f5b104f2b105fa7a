internal import Documents
internal import SecretMemory

/// Converts objects of a cluster to files like the output of `kubectl get KIND NAME -o yaml`, so that findings have its
/// lines.
package enum ClusterObjects {
    /// Returns the objects in kubectl's YAML for a list, or its only object. `path` returns the name of each for the
    /// reader.
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

    /// Returns the items of a list as separate documents.
    ///
    /// kubectl writes the items of a list as a block sequence whose dashes are in the first column, so the text of an
    /// item is its lines without their first two columns.
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
    /// The value of `metadata.uid`.
    package var uid: String { root["metadata"]?["uid"]?.text ?? "" }

    /// Whether another object controls it, as a ReplicaSet controls its pods.
    package var isControlled: Bool {
        (root["metadata"]?["ownerReferences"]?.sequence ?? []).contains { $0["controller"]?.text == "true" }
    }

    /// The kinds of the objects that own it.
    package var ownerKinds: [String] {
        (root["metadata"]?["ownerReferences"]?.sequence ?? []).compactMap { $0["kind"]?.text }
    }

    /// The node of a pod; empty if it does not have one yet.
    package var nodeName: String { root["spec"]?["nodeName"]?.text ?? "" }

    /// Whether the pod has ended: its containers will not start again, and its volumes are unmounted.
    package var hasEnded: Bool { ["Succeeded", "Failed"].contains(root["status"]?["phase"]?.text) }

    package var isRunning: Bool { root["status"]?["phase"]?.text == "Running" }
}
