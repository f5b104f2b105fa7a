internal import Documents
internal import SecretMemory

/// The rules for pods that use the Secrets that the driver writes for a class.
struct SecretUseCheck {
    let workload: Workload
    /// All workloads, because any pod that mounts the class causes the driver to write its Secrets.
    let workloads: [Workload]
    let classes: [ClassManifest]

    /// One reference to a Secret in a pod.
    private struct Use {
        /// The node with the name of the Secret.
        var name: YAMLNode
        /// The node with the key; nil if the whole Secret is used.
        var key: YAMLNode?
        var isOptional: Bool

        init?(_ node: YAMLNode?, name: String = "name", key: YAMLNode? = nil) {
            guard let node, let value = node[name], value.text != nil else { return nil }
            self.name = value
            self.key = key
            isOptional = node["optional"]?.text?.lowercased() == "true"
        }
    }

    private var manifest: Manifest { workload.manifest }

    func findings() -> [Finding] {
        let here = classes.filter { $0.manifest.mayShareNamespace(with: manifest) }
        let written = Dictionary(grouping: here.flatMap { parsed in parsed.secretObjects.map { ($0.name, parsed) } }) {
            $0.0
        }
        guard !written.isEmpty else { return [] }
        var reported: Set<String> = []
        return uses.compactMap { use in
            guard let name = use.name.text, let writers = written[name]?.map(\.1), !use.isOptional else { return nil }
            let mounted = writers.filter { parsed in workloads.contains { $0.mounts(parsed) } }
            guard !mounted.isEmpty else {
                return reported.insert(name).inserted ? notMounted(use, name, writers) : nil
            }
            let keys = writers.flatMap(\.secretKeys).filter { $0.secret == name }.map(\.key)
            guard let key = use.key, let text = key.text, !keys.contains(text) else { return nil }
            return manifest.finding(
                .secretKeyMissing, at: key,
                "the Secret \(name.clipped), which class \(writers[0].manifest.name.clipped) writes, has no key \(text.clipped); it has the keys \(keys.joined(separator: ", ").clipped)",
                fix: SpellingSuggestion.near(text, among: keys).map { "did you mean \($0)?" }
                    ?? "add the key to secretObjects of the class")
        }
    }

    private func notMounted(_ use: Use, _ name: String, _ writers: [ClassManifest]) -> Finding {
        let parsedClass = writers[0].manifest.name.clipped
        return manifest.finding(
            .secretNotMounted, at: use.name,
            "no pod in these files mounts class \(parsedClass), and the driver writes the Secret \(name.clipped) only while one does",
            fix: "add a volume with secretProviderClass: \(parsedClass) to the pod, and mount it in a container")
    }

    private var uses: [Use] {
        var found: [Use?] = workload.template.containers.flatMap { container in
            let variables = (container["env"]?.sequence ?? []).map { variable in
                let reference = variable["valueFrom"]?["secretKeyRef"]
                return Use(reference, key: reference?["key"])
            }
            return variables + (container["envFrom"]?.sequence ?? []).map { Use($0["secretRef"]) }
        }
        found += (workload.template.spec["imagePullSecrets"]?.sequence ?? []).map { Use($0) }
        for volume in workload.template.spec["volumes"]?.sequence ?? [] {
            found += Self.files(volume["secret"], name: "secretName")
            for source in volume["projected"]?["sources"]?.sequence ?? [] { found += Self.files(source["secret"]) }
        }
        return found.compactMap(\.self)
    }

    /// Returns the uses of a Secret that is mounted as files: the whole Secret, or some of its keys.
    private static func files(_ node: YAMLNode?, name: String = "name") -> [Use?] {
        let items = node?["items"]?.sequence ?? []
        return items.isEmpty ? [Use(node, name: name)] : items.map { Use(node, name: name, key: $0["key"]) }
    }
}

extension ClassManifest {
    /// The keys of the Secrets that `secretObjects` requests.
    fileprivate var secretKeys: [(secret: String, key: String)] {
        (manifest.root["spec"]?["secretObjects"]?.sequence ?? []).flatMap { entry in
            (entry["data"]?.sequence ?? []).compactMap { item in
                item["key"]?.text.map { (entry["secretName"]?.text ?? "", $0) }
            }
        }
    }
}
