internal import Documents
internal import SecretMemory

/// The part of a template between `{{` and `}}`.
struct TemplatePlaceholder: Sendable {
    enum Source: Sendable {
        /// A content, or a member of it.
        case content(name: String, member: JSONPointer?)
        case literal(String)
    }

    /// The result of a filter, which is the input of the next one.
    private enum Value {
        /// The content itself. `name` is set as long as it can still be parsed as a document.
        case bytes(SecretBytes, name: String?)
        case json(JSONValue)
        /// The value is missing. The filter `default` can still replace it.
        case missing(ShapingError)
    }

    var source: Source
    var filters: [TemplateFilter]
    /// The position of the placeholder, for errors.
    var place: String

    func value(
        _ documents: inout TemplateDocuments, _ budget: inout ShapingBudget
    ) throws(ShapingError) -> SecretBytes {
        var value: Value
        switch source {
        case .literal(let text): value = .bytes(SecretBytes(text), name: nil)
        case .content(let name, let pointer):
            if let bytes = documents.bytes(name) {
                value =
                    try pointer.map { pointer throws(ShapingError) in
                        try Self.at(pointer, try documents.document(name))
                    } ?? .bytes(bytes, name: name)
            } else {
                value = .missing(ShapingError(.missing, "the object \(name.clipped) is missing"))
            }
        }
        for filter in filters { value = try Self.apply(filter, to: value, &documents, &budget) }
        return try Self.text(of: value, &budget)
    }

    private static func at(_ pointer: JSONPointer, _ document: JSONValue) throws(ShapingError) -> Value {
        do {
            return .json(try pointer.value(in: document))
        } catch {
            return .missing(error)
        }
    }

    /// Returns the text that the placeholder writes if no further filter follows.
    private static func text(of value: Value, _ budget: inout ShapingBudget) throws(ShapingError) -> SecretBytes {
        switch value {
        case .bytes(let bytes, _): return bytes
        case .json(.null): throw ShapingError(.missing, "the value is null; add | default \"…\" if it may be")
        case .json(let json): return try ContentDocument.file(of: json, &budget)
        case .missing(let error): throw error
        }
    }

    private static func document(_ value: Value, _ documents: inout TemplateDocuments) throws(ShapingError) -> JSONValue
    {
        switch value {
        case .bytes(_, let name?): return try documents.document(name)
        case .bytes(let bytes, nil): return try ContentDocument.parse(bytes, as: .json)
        case .json(.string(let text)): return try ContentDocument.parse(text.secret, as: .json)
        case .json(let json): return json
        case .missing(let error): throw error
        }
    }

    private static func apply(
        _ filter: TemplateFilter, to value: Value, _ documents: inout TemplateDocuments,
        _ budget: inout ShapingBudget
    ) throws(ShapingError) -> Value {
        try budget.spend()
        if case .defaultValue(let text) = filter {
            switch value {
            case .missing, .json(.null): return .bytes(SecretBytes(text), name: nil)
            default: return value
            }
        }
        if case .missing = value { return value }
        switch filter {
        case .pointer(let pointer): return try at(pointer, try document(value, &documents))
        case .jmesPath(let expression):
            let found = try expression.search(try document(value, &documents), &budget)
            return found.isNull ? .missing(ShapingError(.missing, "the expression finds nothing")) : .json(found)
        case .json(let indent):
            switch value {
            case .bytes(let bytes, _):
                try requireText(bytes)
                return .bytes(try JSONRenderer.render(.text(bytes), indent: indent, &budget), name: nil)
            case .json(let json): return .bytes(try JSONRenderer.render(json, indent: indent, &budget), name: nil)
            case .missing: return value
            }
        default:
            let text = try text(of: value, &budget)
            if filter.needsText { try requireText(text) }
            let result = try filter.applied(to: text)
            try budget.spend(bytes: result.count)
            return .bytes(result, name: nil)
        }
    }

    private static func requireText(_ bytes: SecretBytes) throws(ShapingError) {
        guard bytes.withExposed({ String(validating: $0, as: UTF8.self) != nil }) else {
            throw ShapingError(.invalidValue, "the value is not UTF-8 text; use base64 for what is not")
        }
    }
}
