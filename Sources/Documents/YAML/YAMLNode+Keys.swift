extension YAMLNode {
    /// The first key that a mapping has twice, as yaml.v3 reports it, with its line; nil if each is there once.
    package static func duplicateKey(in members: [Member]) -> (text: String, line: Int)? {
        var lines: [String: Int] = [:]
        for member in members {
            guard let key = member.key.scalar else { continue }
            if let first = lines[key.text] {
                return (
                    "yaml: unmarshal errors: line \(key.line): mapping key \"\(key.text)\" already defined at line "
                        + "\(first)", key.line
                )
            }
            lines[key.text] = key.line
        }
        return nil
    }
}
