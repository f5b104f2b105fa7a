internal import SecretMemory

extension YAMLNode {
    /// The first key that a mapping has twice, as yaml.v3 reports it, with its line; nil if each is there once.
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
