internal import Documents

/// A JSON text to be written, members in the order given.
package indirect enum JSONOutput: Sendable {
    case null
    case bool(Bool)
    case number(Int)
    case text(String)
    case array([JSONOutput])
    case object([(String, JSONOutput)])

    /// Nil becomes `null`.
    package static func optional(_ text: String?) -> JSONOutput { text.map(JSONOutput.text) ?? .null }

    /// Indented by two spaces, with a newline at its end.
    package var document: String { rendered("") + "\n" }

    private func rendered(_ indentation: String) -> String {
        let inner = indentation + "  "
        func block(_ opening: String, _ elements: [String], _ closing: String) -> String {
            if elements.isEmpty { return opening + closing }
            return "\(opening)\n" + elements.map { inner + $0 }.joined(separator: ",\n") + "\n\(indentation)\(closing)"
        }
        switch self {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .number(let value): return "\(value)"
        case .text(let text): return JSONWriter.quoted(text)
        case .array(let elements): return block("[", elements.map { $0.rendered(inner) }, "]")
        case .object(let members):
            return block("{", members.map { "\(JSONWriter.quoted($0.0)): \($0.1.rendered(inner))" }, "}")
        }
    }
}
