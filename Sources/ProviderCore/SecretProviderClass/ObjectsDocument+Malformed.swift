internal import Documents
internal import SecretMemory

/// Why the parameter `objects` cannot be read. The message has the phrase that upstream writes, the cause says the same
/// in plain words.
extension ProviderError {
    /// Text that is not YAML. `place` is what is not, such as `objects`.
    static func malformed(_ place: String, _ failure: String, _ error: YAMLError) -> ProviderError {
        let line = error.line > 0 ? " (line \(error.line))" : ""
        return ProviderError(
            .objectsMalformed, failure + error.description, cause: "\(place) is not valid YAML: \(error.reason)\(line)"
        ).about(ErrorPlace(error))
    }

    /// A key that a mapping has twice.
    static func malformed(
        _ place: String, _ failure: String, duplicate: (key: String, text: String, line: Int)
    ) -> ProviderError {
        ProviderError(
            .objectsMalformed, failure + duplicate.text,
            cause: "\(place) has the key \(duplicate.key.clipped) twice (line \(duplicate.line))",
            hint: "delete one of the two"
        ).about(ErrorPlace(line: duplicate.line))
    }

    /// A value of the wrong type. Go calls the wanted type `type`; `wanted` is the word for it.
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
