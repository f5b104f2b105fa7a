internal import Documents
internal import SecretMemory

/// Finds manifests that a tool still has to complete: templates, such as Helm's, and texts with placeholders such as
/// `${NAME}`, `$(name)`, `#{name}#`, `__NAME__` or `<name>`.
///
/// It checks only places in which such a text is not valid. In the arguments of a container and in the provider's own
/// templates it can be.
struct TemplateCheck {
    let manifest: Manifest

    struct Result {
        var finding: Finding
        /// Whether the template may change the structure, so that no other rule applies to the manifest.
        var changesStructure: Bool
        /// The lines of the file that the template will change.
        var lines: Set<Int>
    }

    private struct Mark {
        var text: String
        var position: TextSource.Position
        var changesStructure: Bool
    }

    /// Returns nil for a complete manifest.
    func result() -> Result? {
        let marks = marks()
        guard let first = marks.min(by: { $0.position < $1.position }) else { return nil }
        let changesStructure = marks.contains(where: \.changesStructure)
        return Result(
            finding: manifest.finding(
                CheckRule.templateUnrendered.rawValue, CheckRule.templateUnrendered.severity, at: first.position,
                "this is a template, not a finished manifest: \(first.text.clipped) is still to be filled in",
                fix: Self.fix(first.text)),
            changesStructure: changesStructure, lines: Set(marks.map(\.position.line)))
    }

    /// Returns the finding for a file that is not YAML because it is a template.
    static func finding(of file: ManifestFile) -> Finding? {
        let lines = TextSource(file: file.text).lines
        guard let index = lines.firstIndex(where: { $0.contains("{{") || $0.contains("{%") }) else { return nil }
        let column = lines[index].unicodeScalars.prefix { $0 != "{" }.count + 1
        return Finding(
            rule: CheckRule.templateUnrendered.rawValue, severity: CheckRule.templateUnrendered.severity,
            path: file.path, position: TextSource.Position(line: index + 1, column: column), line: lines[index],
            subject: "",
            message: "this is a template, not a finished manifest: \(lines[index].trimmingSpace().clipped)",
            fix: fix(lines[index]))
    }

    private static func fix(_ mark: String) -> String {
        if mark.contains("{{") { return "render it first, for example: helm template CHART | akv-csi check -" }
        if mark.contains("<") { return "write the value in place of \(mark.clipped)" }
        return "render it first, for example: envsubst < FILE | akv-csi check -"
    }

    // MARK: - Places

    private func marks() -> [Mark] {
        let metadata = manifest.root["metadata"]
        var nodes = [metadata?["name"], metadata?["namespace"]]
        if manifest.kind == "SecretProviderClass" {
            return marks(in: nodes) + marksOfClass(manifest.root["spec"])
        } else if manifest.kind == "ServiceAccount" {
            nodes += (metadata?["annotations"]?.mapping ?? []).filter { member in
                member.key.scalar?.text.hasPrefix("azure.workload.identity/") == true
            }.map(\.value)
        } else if let template = manifest.podTemplate, !template.csiVolumes.isEmpty {
            nodes += [template.spec["serviceAccountName"]]
            for (_, csi) in template.csiVolumes {
                nodes += (csi["volumeAttributes"]?.mapping ?? []).map(\.value)
                nodes.append(csi["nodePublishSecretRef"]?["name"])
            }
        } else {
            return []
        }
        return marks(in: nodes)
    }

    private func marksOfClass(_ spec: YAMLNode?) -> [Mark] {
        var nodes = [spec?["provider"]]
        var marks: [Mark] = []
        for (key, value) in spec?["parameters"]?.mapping ?? [] {
            switch key.scalar?.text {
            case "objects": marks += marksOfObjects(value)
            case "files": continue
            case nil: marks.append(expression(at: key))
            default: nodes.append(value)
            }
        }
        for entry in spec?["secretObjects"]?.sequence ?? [] {
            nodes += [entry["secretName"], entry["type"]]
            for item in entry["data"]?.sequence ?? [] { nodes += [item["objectName"], item["key"]] }
        }
        return marks + self.marks(in: nodes)
    }

    private func marksOfObjects(_ node: YAMLNode) -> [Mark] {
        guard let scalar = node.scalar else { return [] }
        let source = manifest.source.text(of: scalar)
        let objects = ObjectNodes(scalar, in: manifest.source)
        guard !objects.items.isEmpty else {
            // Control lines such as {{ range }} are not YAML.
            return source.lines.enumerated().filter { $0.element.contains("{{") }.prefix(1).map { index, line in
                let column = line.unicodeScalars.prefix { $0 != "{" }.count + 1
                return Mark(
                    text: line.trimmingSpace(), position: source.position(line: index + 1, column: column),
                    changesStructure: true)
            }
        }
        let keys = ObjectNodes.literalKeys
        return objects.items.compactMap(\.self).flatMap { item in
            keys.compactMap { key in
                item.node?[key].flatMap { mark($0) }.map { mark in
                    var mark = mark
                    mark.position = item.source.position(line: mark.position.line, column: mark.position.column)
                    return mark
                }
            }
        }
    }

    private func marks(in nodes: [YAMLNode?]) -> [Mark] { nodes.compactMap { $0.flatMap(mark) } }

    private func mark(_ node: YAMLNode) -> Mark? {
        // An unquoted `{{ .Values.x }}` is a mapping whose key is a mapping.
        if let members = node.mapping {
            return members.contains { $0.key.mapping != nil } ? expression(at: node) : nil
        }
        guard let scalar = node.scalar, let text = Self.placeholder(in: scalar.text) else { return nil }
        return Mark(text: text, position: node.start, changesStructure: false)
    }

    private func expression(at node: YAMLNode) -> Mark {
        let words = node.mapping?.first?.key.mapping?.first?.key.scalar?.text ?? ""
        // The node begins with its first scalar, after the braces.
        var start = node.start
        let lines = manifest.source.lines
        if lines.indices.contains(start.line - 1) {
            let before = Array(lines[start.line - 1].unicodeScalars.prefix(start.column - 1))
            if let brace = before.lastIndex(of: "{") { start.column = max(brace, 1) }
        }
        return Mark(text: "{{ \(words) }}", position: start, changesStructure: true)
    }

    /// Returns the first placeholder in `text` as it is written.
    static func placeholder(in text: String) -> String? {
        for (open, close) in [("{{", "}}"), ("${", "}"), ("$(", ")"), ("#{", "}"), ("<", ">")] {
            guard let start = text.firstRange(of: open),
                let end = text[start.upperBound...].firstRange(of: close), start.upperBound < end.lowerBound
            else { continue }
            return String(text[start.lowerBound..<end.upperBound])
        }
        let isName = text.hasOnlyASCIILettersAndDigits(or: "_$") && text.count > 4
        if isName, text.hasPrefix("__"), text.hasSuffix("__") { return text }
        if text.hasPrefix("$"), text.dropFirst().first?.isLetter == true,
            String(text.dropFirst())
                .hasOnlyASCIILettersAndDigits(or: "_")
        {
            return text
        }
        return nil
    }
}
