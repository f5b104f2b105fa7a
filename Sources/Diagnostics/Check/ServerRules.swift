internal import Documents
internal import ProviderCore

/// Turns what the server says of a class into findings at the places that it speaks of.
///
/// The server's errors name what is wrong, not where; so the place is found by the name. A new
/// parameter or object setting needs nothing here, as long as its error says what it is called.
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
        let (place, source) = place(of: error)
        return parsedClass.manifest.finding(
            error.code.rawValue, .error, at: place, in: source, error.message, fix: error.hint)
    }

    private func place(of error: ProviderError) -> (TextSource.Position, TextSource?) {
        let fallback = parsedClass.parameters["objects"]?.key.start ?? parsedClass.manifest.root.start
        if let index = error.objectIndex {
            guard let objects, objects.items.indices.contains(index), let item = objects.items[index] else {
                return (fallback, nil)
            }
            if let place = Self.yamlPlace(in: error.message) { return (place, item.source) }
            return (Self.setting(of: item, error)?.start ?? item.place, item.source)
        }
        if error.code == .objectsMalformed, let objects {
            if let exact = exactPlace(in: objects) { return (exact, objects.source) }
            if let place = Self.yamlPlace(in: error.message) { return (place, objects.source) }
            return (fallback, nil)
        }
        let names = Array(parsedClass.parameters.keys) + ParameterNames.known
        if let name = Self.name(of: names, in: error), let member = parsedClass.parameters[name] {
            return (member.value.text == nil ? member.key.start : member.value.start, nil)
        }
        let spec = parsedClass.manifest.root["spec"]
        return ((spec?.key("parameters") ?? spec)?.start ?? parsedClass.manifest.root.start, nil)
    }

    /// Where libyaml gave up, column and all.
    private func exactPlace(in objects: ObjectNodes) -> TextSource.Position? {
        guard let text = parsedClass.parameters["objects"]?.value.text else { return nil }
        do throws(YAMLError) {
            _ = try YAMLParser.parseFirst(text)
            return nil
        } catch {
            return error.line > 0 ? TextSource.Position(line: error.line, column: max(1, error.column)) : nil
        }
    }

    /// The line that a parser's error names.
    private static func yamlPlace(in message: String) -> TextSource.Position? {
        guard message.contains("yaml: "), let range = message.firstRange(of: "line "),
            let line = Int(message[range.upperBound...].prefix { $0.isNumber })
        else { return nil }
        return TextSource.Position(line: line, column: 1)
    }

    /// The object's setting that an error speaks of.
    private static func setting(of item: ObjectNodes.Item, _ error: ProviderError) -> YAMLNode? {
        guard let node = item.node else { return nil }
        if error.code == .pathInvalid || error.code == .pathConflict {
            return node["objectAlias"] ?? node["objectName"]
        }
        // The beginning that all errors of an object share names three settings that may be innocent.
        var own = error
        if let range = error.message.firstRange(of: "objectVersion:"),
            let end = error.message[range.upperBound...].firstRange(of: ": ")
        {
            own.message = String(error.message[end.upperBound...])
        }
        let names = (node.mapping ?? []).compactMap(\.key.scalar?.text)
        guard let name = name(of: names, in: own) else { return nil }
        return node[name]
    }

    /// The longest of `names` that the error's message has as a word, else its hint.
    private static func name(of names: [String], in error: ProviderError) -> String? {
        for text in [error.message, error.hint] {
            let words = Set(text.split { !$0.isLetter && !$0.isNumber }.map { $0.lowercased() })
            let found = names.filter { words.contains($0.lowercased()) }.sorted { ($0.count, $1) > ($1.count, $0) }
            if let first = found.first { return first }
        }
        return nil
    }
}
