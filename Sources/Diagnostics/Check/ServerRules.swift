internal import Documents
internal import ProviderCore

/// Turns the server's errors about a class into findings, each at the place that its error names.
struct ServerRules {
    let parsedClass: ClassManifest
    let objects: ObjectNodes?

    init(_ parsedClass: ClassManifest) {
        self.parsedClass = parsedClass
        objects = parsedClass.parameters["objects"]?.value.scalar.map {
            ObjectNodes($0, in: parsedClass.manifest.source)
        }
    }

    /// Whether each object is one file, or one for each version, under its own path. Any setting beyond the
    /// flat ones may make other files of it, or choose the objects by what the vault holds.
    var hasFlatObjects: Bool {
        (objects?.items ?? []).allSatisfy { item in
            (item?.node?.mapping ?? []).allSatisfy { ObjectsDocument.keys.contains($0.key.scalar?.text ?? "") }
        }
    }

    func findings(for error: ProviderError) -> [Finding] {
        (error.parts.isEmpty ? [error] : error.parts).map(finding)
    }

    private func finding(_ error: ProviderError) -> Finding {
        let (position, source) = position(of: error)
        return parsedClass.manifest.finding(
            error.code.rawValue, .error, at: position, in: source, error.message, fix: error.hint)
    }

    private func position(of error: ProviderError) -> (TextSource.Position, TextSource?) {
        let place = error.place
        let exact = place.line.map { TextSource.Position(line: $0, column: place.column ?? 1) }
        let list = parsedClass.parameters["objects"]?.key.start ?? parsedClass.manifest.root.start
        if let index = place.objectIndex {
            guard let objects, objects.items.indices.contains(index), let item = objects.items[index] else {
                return (list, nil)
            }
            let setting = place.setting.flatMap { item.node?[$0] }
            return (exact ?? setting?.start ?? item.place, item.source)
        }
        if error.code == .objectsMalformed, let objects {
            return exact.map { ($0, objects.source) } ?? (list, nil)
        }
        if let member = place.parameter.flatMap(member) {
            return (member.value.text == nil ? member.key.start : member.value.start, nil)
        }
        let spec = parsedClass.manifest.root["spec"]
        return ((spec?.key("parameters") ?? spec)?.start ?? parsedClass.manifest.root.start, nil)
    }

    /// The parameter `name`, or without it the first that differs in letter case: that is probably what the server
    /// misses.
    private func member(_ name: String) -> YAMLNode.Member? {
        parsedClass.parameters[name]
            ?? parsedClass.parameters.filter { $0.key.lowercased() == name.lowercased() }.map(\.value)
            .min { $0.key.start < $1.key.start }
    }
}
