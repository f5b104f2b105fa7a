package import Documents
package import SecretMemory

/// Parses a vault object's content as a document.
package enum ContentDocument {
    /// The formats of documents.
    package enum Format: String, Sendable, CaseIterable, Hashable {
        case json
        case yaml
    }

    /// Parses `content`. The error says where parsing failed, but never quotes the content.
    package static func parse(_ content: SecretBytes, as format: Format) throws(ShapingError) -> JSONValue {
        guard content.withExposed({ String(validating: $0, as: UTF8.self) != nil }) else {
            throw ShapingError(.malformed, "the content is not UTF-8 text, so it is not a \(format.name) document")
        }
        switch format {
        case .json:
            do {
                return try JSONParser.parse(content).withUniqueKeys
            } catch {
                // Go's message would show the byte at which parsing failed.
                let isCut = error.reason.hasPrefix("unexpected end")
                throw ShapingError(
                    .malformed, "the content is not a JSON document\(isCut ? ": it ends too early or is empty" : "")")
            }
        case .yaml: return try YAMLValue.parse(content)
        }
    }

    /// Returns the bytes of a file for `value`: the text of a string, and JSON for anything else, on one line or
    /// indented by `indent` spaces for each level.
    package static func file(
        of value: JSONValue, indent: Int? = nil, _ budget: inout ShapingBudget
    ) throws(ShapingError) -> SecretBytes {
        guard case .string(let text) = value else { return try JSONRenderer.render(value, indent: indent, &budget) }
        let bytes = text.secret
        try budget.spend(bytes: bytes.count)
        return bytes
    }
}

extension ContentDocument.Format {
    var name: String {
        switch self {
        case .json: "JSON"
        case .yaml: "YAML"
        }
    }
}

extension JSONValue {
    /// The same value with each key of an object once.
    fileprivate var withUniqueKeys: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.withUniqueKeys))
        case .object(let object):
            .object(JSONObject(members: object.unique.members.map { ($0.key, $0.value.withUniqueKeys) }))
        default: self
        }
    }
}
