internal import Documents
internal import ProviderCore

/// Converts the provider's errors about a class into findings at the place that each error names.
struct ServerRules {
    let parsedClass: ClassManifest
    let objects: ObjectNodes?

    init(_ parsedClass: ClassManifest) {
        self.parsedClass = parsedClass
        objects = parsedClass.parameters["objects"]?.value.scalar.map {
            ObjectNodes($0, in: parsedClass.manifest.source)
        }
    }

    /// Whether each object becomes one file, or one for each version, under its own path. Settings beyond the flat ones
    /// can create other files, or select objects by the content of the vault.
    var hasFlatObjects: Bool {
        (objects?.items ?? []).allSatisfy { item in
            (item?.node?.mapping ?? []).allSatisfy { key, value in
                ObjectsDocument.keys.contains(key.scalar?.text ?? "")
                    && value.text.flatMap(TemplateCheck.placeholder) == nil
            }
        }
    }

    /// The files of the volume; nil if settings beyond the flat ones determine them, or if the mistakes of the objects
    /// make their paths unknown.
    var expectedFiles: ExpectedFiles? {
        guard hasFlatObjects else { return nil }
        return (parsedClass.plan ?? planOfPaths).map(ExpectedFiles.init)
    }

    /// The plan for the paths of the objects only, if other settings have mistakes.
    private var planOfPaths: MountPlan? {
        let items = (objects?.items ?? []).compactMap(\.self)
        guard !items.isEmpty else { return nil }
        let texts = items.map { item in
            let paths = ["objectName", "objectAlias"].compactMap { key in
                item.node?[key]?.text.map { "\(key): \(JSONWriter.quoted($0))" }
            }
            let history = item.node?["objectVersionHistory"]?.scalar?.integer.map { "objectVersionHistory: \($0)" }
            let known = (paths + [history].compactMap(\.self)).joined(separator: "\n")
            return JSONWriter.quoted("objectType: secret\n" + known)
        }
        return parsedClass.plan(of: "array: [\(texts.joined(separator: ", "))]")
    }

    /// Returns the keys of an object that were probably meant as required keys that it does not have.
    func misspellings(in node: YAMLNode) -> [String] {
        let names = (node.mapping ?? []).compactMap(\.key.scalar?.text)
        return ["objectName", "objectType"].filter { node[$0] == nil }
            .compactMap { ObjectsDocument.misspelling(of: $0, among: names) }
    }

    func findings(for error: ProviderError) -> [Finding] {
        let parts = error.parts.isEmpty ? [error] : error.parts
        // An object without a name does not have a path either.
        let nameless = Set(
            parts.filter { $0.code == .objectInvalid && $0.place.setting == "objectName" }.map(\.place.objectIndex))
        return parts.filter { part in
            part.code != .pathInvalid || part.place.setting != "objectName"
                || !nameless.contains(part.place.objectIndex)
        }.map(finding)
    }

    private func finding(_ error: ProviderError) -> Finding {
        let (position, source) = position(of: error)
        return parsedClass.manifest.finding(
            error.code.rawValue, .error, at: position, in: source, error.sentence, fix: error.hint)
    }

    private func position(of error: ProviderError) -> (TextSource.Position, TextSource?) {
        let place = error.place
        let exact = place.line.map { TextSource.Position(line: $0, column: place.column ?? 1) }
        let list = parsedClass.parameters["objects"]?.key.start ?? parsedClass.manifest.root.start
        if let index = place.objectIndex {
            guard let objects, objects.items.indices.contains(index), let item = objects.items[index] else {
                return (list, nil)
            }
            let setting = place.setting.flatMap { name in
                item.node?[name]
                    ?? ObjectsDocument.misspelling(
                        of: name, among: (item.node?.mapping ?? []).compactMap(\.key.scalar?.text)
                    ).flatMap { item.node?.key($0) }
            }
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

    /// Returns the parameter `name`, or else the first one whose name differs only in letter case, which is probably
    /// the one that the provider does not find.
    private func member(_ name: String) -> YAMLNode.Member? {
        parsedClass.parameters[name]
            ?? parsedClass.parameters.filter { $0.key.lowercased() == name.lowercased() }.map(\.value)
            .min { $0.key.start < $1.key.start }
    }
}
