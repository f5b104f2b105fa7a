internal import Documents
internal import SecretMemory

/// Explains why the parameter `objects` cannot be parsed. The message has upstream's phrase, and the cause explains it
/// in plain words.
extension ProviderError {
    /// Creates the error for text that is not YAML. `place` names the text, such as `objects`.
    static func malformed(_ place: String, _ failure: String, _ error: YAMLError) -> ProviderError {
        let line = error.line > 0 ? " (line \(error.line))" : ""
        return ProviderError(
            .objectsMalformed, failure + error.description, cause: "\(place) is not valid YAML: \(error.reason)\(line)"
        ).about(ErrorPlace(error))
    }

    /// Creates the error for a mapping with a duplicate key.
    static func malformed(
        _ place: String, _ failure: String, duplicate: (key: String, text: String, line: Int)
    ) -> ProviderError {
        ProviderError(
            .objectsMalformed, failure + duplicate.text,
            cause: "\(place) has the key \(duplicate.key.clipped) twice (line \(duplicate.line))",
            hint: "delete one of the two"
        ).about(ErrorPlace(line: duplicate.line))
    }

    /// Creates the error for a value of the wrong type. `type` is Go's name of the expected type, and `wanted`
    /// describes it in plain words.
    static func malformed(
        _ place: String, _ failure: String, _ node: YAMLNode, quoting text: String? = nil, into type: String,
        wanted: String, hint: String? = nil
    ) -> ProviderError {
        let quoted = text.map { " `\($0.prefix(60))`" } ?? ""
        let found = text.map { $0.isEmpty ? node.noun : "\"\($0.prefix(60))\"" } ?? node.noun
        return ProviderError(
            .objectsMalformed,
            "\(failure)yaml: unmarshal errors: line \(node.line): cannot unmarshal \(node.tag)\(quoted) into \(type)",
            cause: "\(place) is \(found), not \(wanted)", hint: hint
        ).about(ErrorPlace(line: node.line))
    }
}

extension YAMLNode {
    fileprivate var noun: String {
        switch self {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar: "a text"
        }
    }
}
