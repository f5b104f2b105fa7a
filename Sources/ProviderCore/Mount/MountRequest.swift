/// A Mount request after decoding: still unvalidated, but no longer bytes.
package struct MountRequest: Sendable {
    /// The SecretProviderClass parameters, overlaid with the volume context.
    package var attributes: StringMap
    /// The nodePublishSecretRef data; nil when there is none.
    package var secrets: StringMap?
    /// The mode for files whose object names none.
    package var defaultMode: FilePermission
    package var targetPath: String
    /// Whose annotations the client was taken from; nil when it is the class's own.
    var identifiedAccount: ServiceAccountReference?

    /// The most that is read of the attributes' and secrets' JSON together. Kubernetes keeps no object above
    /// 1.5 MiB, and a request is made of three at most.
    private static let maximumBytes = 8 << 20

    /// Decodes the request's three JSON texts. `secrets` may be the literal `null` (observed driver
    /// behaviour); the phrases are upstream's.
    package init(
        attributes: SecretBytes,
        secrets: SecretBytes,
        permission: String,
        targetPath: String
    ) throws(ProviderError) {
        let size = attributes.count + secrets.count
        guard size <= Self.maximumBytes else {
            throw ProviderError(
                .requestMalformed,
                "the request's attributes and secrets have \(size) bytes, at most \(Self.maximumBytes) are read")
        }
        guard let map = try StringMap.decode(attributes, failure: "failed to unmarshal attributes, error: ") else {
            throw ProviderError(.requestMalformed, "failed to unmarshal attributes, error: attributes are null")
        }
        self.attributes = map
        self.secrets = try StringMap.decode(secrets, failure: "failed to unmarshal secrets, error: ")
        self.defaultMode = try Self.mode(permission)
        self.targetPath = targetPath
    }

    private static func mode(_ text: String) throws(ProviderError) -> FilePermission {
        let failure = "failed to unmarshal file permission, error: "
        let value: JSONValue
        do {
            value = try JSONParser.parse(SecretBytes(text))
        } catch {
            throw ProviderError(.requestMalformed, failure + error.reason)
        }
        guard case .number(let source) = value else {
            throw ProviderError(.requestMalformed, failure + "expected a number, found a \(value.kind)")
        }
        guard let number = UInt32(source), let mode = FilePermission(rawValue: number) else {
            throw ProviderError(
                .requestMalformed, failure + "\(source.prefix(20)) is no file mode between 0 and 511 (0777)")
        }
        return mode
    }
}

/// A JSON object of strings, any of which may be a credential.
package struct StringMap: Sendable {
    private var members: [String: JSONText?]

    /// Nil for the literal `null`. A null member counts as an empty string, as in Go.
    static func decode(_ document: SecretBytes, failure: String) throws(ProviderError) -> StringMap? {
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

    /// The key under `key` as it is written in the document, for telling documents apart.
    func withSource<Result>(_ key: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard let text = members[key] ?? nil else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        return text.document.withExposed { body(UnsafeRawBufferPointer(rebasing: $0[text.range])) }
    }

    /// Puts `text` in the place of what is under `key`.
    mutating func set(_ key: String, to text: String) {
        let quoted = Array(JSONWriter.quoted(text).utf8)
        members[key] = JSONText(document: SecretBytes(quoted), range: 1..<quoted.count - 1, hasEscapes: true)
    }

    /// The text under `key` without white space at its ends; empty when absent.
    package subscript(key: String) -> String {
        (members[key] ?? nil)?.string.trimmingSpace() ?? ""
    }

    /// The value under `key` as it stands, for credentials; nil when absent or empty.
    package func secret(_ key: String) -> SecretBytes? {
        guard let secret = (members[key] ?? nil)?.secret, !secret.isEmpty else { return nil }
        return secret
    }
}

extension StringProtocol {
    /// Without Unicode white space at both ends, as Go's strings.TrimSpace.
    package func trimmingSpace() -> String {
        // Nearly everything has neither space nor anything but ASCII at its ends.
        let text = Substring(self)
        if let first = text.utf8.first, let last = text.utf8.last, (0x21...0x7E).contains(first),
            (0x21...0x7E).contains(last)
        {
            return String(text)
        }
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(Substring(scalars[first...last]))
    }
}
