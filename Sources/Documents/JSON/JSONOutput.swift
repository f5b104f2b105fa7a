/// A JSON value to be written. Members keep the given order.
package indirect enum JSONOutput: Sendable {
    case null
    case bool(Bool)
    case number(Int)
    case text(String)
    case array([JSONOutput])
    case object([(String, JSONOutput)])

    /// Returns a text, or `null` for nil.
    package static func optional(_ text: String?) -> JSONOutput { text.map(JSONOutput.text) ?? .null }

    /// Returns a list of texts.
    package static func texts(_ texts: [String]) -> JSONOutput { .array(texts.map(JSONOutput.text)) }

    /// Returns an object whose members are texts, ordered by name.
    package static func texts(_ texts: [String: String]) -> JSONOutput {
        .object(texts.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) })
    }

    /// The JSON text on one line, without spaces.
    package var compact: String {
        var bytes: [UInt8] = []
        append(to: &bytes, indentation: nil)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The JSON text with an indentation of two spaces and a newline at the end.
    package var document: String {
        var bytes: [UInt8] = []
        append(to: &bytes, indentation: 0)
        bytes.append(UInt8(ascii: "\n"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the JSON text. `indentation` is the number of spaces before the line; nil means the compact form.
    private func append(to output: inout [UInt8], indentation: Int?) {
        switch self {
        case .null: output += "null".utf8
        case .bool(let value): output += (value ? "true" : "false").utf8
        case .number(let value): output += "\(value)".utf8
        case .text(let text): JSONWriter.append(quoted: text, to: &output)
        case .array(let elements):
            Self.block("[]", elements, &output, indentation) { $0.append(to: &$1, indentation: $2) }
        case .object(let members):
            Self.block("{}", members, &output, indentation) { member, output, inner in
                JSONWriter.append(quoted: member.0, to: &output)
                output += (inner == nil ? ":" : ": ").utf8
                member.1.append(to: &output, indentation: inner)
            }
        }
    }

    private static func block<Element>(
        _ brackets: StaticString, _ elements: [Element], _ output: inout [UInt8], _ indentation: Int?,
        _ append: (Element, inout [UInt8], _ inner: Int?) -> Void
    ) {
        func newLine(_ indentation: Int?) {
            guard let indentation, !elements.isEmpty else { return }
            output.append(UInt8(ascii: "\n"))
            output += repeatElement(UInt8(ascii: " "), count: indentation)
        }
        let inner = indentation.map { $0 + 2 }
        output.append(brackets.utf8Start[0])
        for (index, element) in elements.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            newLine(inner)
            append(element, &output, inner)
        }
        newLine(indentation)
        output.append(brackets.utf8Start[1])
    }
}

extension JSONOutput: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral {
    package init(stringLiteral text: String) { self = .text(text) }

    package init(dictionaryLiteral members: (String, JSONOutput)...) { self = .object(members) }
}
