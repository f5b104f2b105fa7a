internal import SecretMemory

extension YAMLNode {
    /// Returns the first duplicate key of a mapping with its line, in the words of yaml.v3, or nil if all keys are
    /// different.
    package static func duplicateKey(in members: [Member]) -> (key: String, text: String, line: Int)? {
        var lines: [ByteKey: Int] = [:]
        for member in members {
            guard let key = member.key.scalar else { continue }
            let name = ByteKey(key.text)
            if let first = lines[name] {
                return (
                    key.text,
                    "yaml: unmarshal errors: line \(key.line): mapping key \"\(key.text)\" already defined at line "
                        + "\(first)", key.line
                )
            }
            lines[name] = key.line
        }
        return nil
    }
}
