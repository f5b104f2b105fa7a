package import Documents
package import SecretMemory

/// A vault object's content read as a document.
package enum ContentDocument {
    package enum Format: String, Sendable, CaseIterable, Hashable {
        case json
        case yaml
    }

    /// Reads `content`. An error says that and where, but not the text there.
    package static func parse(_ content: SecretBytes, as format: Format) throws(ShapingError) -> JSONValue {
        guard content.withExposed({ String(validating: $0, as: UTF8.self) != nil }) else {
            throw ShapingError(.malformed, "the content is not UTF-8 text, so it is not a \(format.name) document")
        }
        switch format {
        case .json:
            do {
                return try JSONParser.parse(content).withUniqueKeys
            } catch {
                // Go's words would show the byte at which it failed.
                let isCut = error.reason.hasPrefix("unexpected end")
                throw ShapingError(
                    .malformed, "the content is not a JSON document\(isCut ? ": it ends too early or is empty" : "")")
            }
        case .yaml: return try YAMLValue.parse(content)
        }
    }

    /// What a file made of `value` holds: a string's text, and anything else as JSON, on one line or with
    /// `indent` spaces for each level.
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
    /// The same value, with each key of an object once.
    fileprivate var withUniqueKeys: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.withUniqueKeys))
        case .object(let object):
            .object(JSONObject(members: object.unique.members.map { ($0.key, $0.value.withUniqueKeys) }))
        default: self
        }
    }
}
