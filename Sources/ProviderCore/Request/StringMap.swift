internal import Documents
package import SecretMemory

/// A JSON object whose values are strings, any of which can be a credential.
package struct StringMap: Sendable {
    private var members: [String: JSONText?]

    /// Decodes a JSON object; nil for the literal `null`. A null member counts as an empty string, as in Go. `failure`
    /// is the prefix of the thrown error.
    package static func decode(_ document: SecretBytes, failure: String) throws(ProviderError) -> StringMap? {
        let value: JSONValue
        do {
            value = try JSONParser.parse(document)
        } catch {
            throw ProviderError(.requestMalformed, failure + error.reason)
        }
        if case .null = value { return nil }
        guard case .object(let object) = value else {
            throw ProviderError(
                .requestMalformed,
                failure + "json: cannot unmarshal \(value.kind) into Go value of type map[string]string")
        }
        var members: [String: JSONText?] = [:]
        members.reserveCapacity(object.members.count)
        for (key, value) in object.members {
            switch value {
            case .string(let text): members[key] = .some(text)
            case .null: members[key] = .some(nil)
            default:
                throw ProviderError(
                    .requestMalformed,
                    failure + "json: cannot unmarshal \(value.kind) into Go value of type string"
                        + " (key \(String(key.prefix(100))))")
            }
        }
        return StringMap(members: members)
    }

    package var keys: some Collection<String> { members.keys }

    /// Calls `body` for each member in the order of the keys, with its bytes as written in the document, for
    /// fingerprints.
    func forEachSource(_ body: (String, UnsafeRawBufferPointer) -> Void) {
        for (key, text) in members.sorted(by: { $0.key < $1.key }) {
            if let text {
                text.withSource { body(key, $0) }
            } else {
                body(key, UnsafeRawBufferPointer(start: nil, count: 0))
            }
        }
    }

    /// Replaces the value under `key` with `text`.
    mutating func set(_ key: String, to text: String) {
        members[key] = JSONText(quoting: text)
    }

    /// The text under `key` without leading and trailing white space; empty if the key is absent.
    package subscript(key: String) -> String {
        (members[key] ?? nil)?.string.trimmingSpace() ?? ""
    }

    /// The unchanged value under `key`, for credentials; nil if it is absent or empty.
    package func secret(_ key: String) -> SecretBytes? {
        guard let secret = (members[key] ?? nil)?.secret, !secret.isEmpty else { return nil }
        return secret
    }
}
