internal import Documents
internal import KeyMaterial
package import ProviderCore
internal import SecretMemory

/// Explains why a vault's successful response cannot be used.
struct VaultAnswerError: Error {
    var code = ErrorCode.answerMalformed
    var reason: String
}

/// An object in the JSON format of Key Vault's REST API.
package struct VaultBundle: Sendable {
    package var item: VaultItem
    package var attributes: ItemAttributes

    /// Decodes a response, which must be about `expected`.
    static func decode(
        _ body: SecretBytes, expecting expected: VaultObjectID
    ) throws(VaultAnswerError) -> VaultBundle {
        let object: JSONObject
        do {
            guard let decoded = try JSONParser.parse(body).object else {
                throw VaultAnswerError(reason: "the vault's answer is not a JSON object")
            }
            object = decoded
        } catch let error as VaultAnswerError {
            throw error
        } catch {
            throw VaultAnswerError(reason: "the vault's answer is not JSON")
        }
        let item =
            switch expected.object.type {
            case .secret: try secret(object, expected)
            case .key: try key(object, expected)
            case .certificate: try certificate(object, expected)
            }
        return VaultBundle(item: item, attributes: ItemAttributes(object))
    }

    private static func secret(
        _ object: JSONObject, _ expected: VaultObjectID
    ) throws(VaultAnswerError) -> VaultItem {
        guard let value = object["value"]?.secret else { throw VaultAnswerError(reason: "secret value is nil") }
        guard let id = object["id"]?.text else { throw VaultAnswerError(reason: "secret id is nil") }
        try expected.check(id)
        let key = object["kid"]?.text ?? ""
        return .secret(
            SecretBundle(
                value: value, version: version(in: id), contentType: object["contentType"]?.text,
                isCertificate: !key.isEmpty))
    }

    private static func key(
        _ object: JSONObject, _ expected: VaultObjectID
    ) throws(VaultAnswerError) -> VaultItem {
        guard let key = object["key"]?.object else { throw VaultAnswerError(reason: "key value is nil") }
        guard let id = key["kid"]?.text else { throw VaultAnswerError(reason: "key id is nil") }
        try expected.check(id)
        func number(_ name: String) throws(VaultAnswerError) -> [UInt8] {
            guard let text = key[name]?.secret else { return [] }
            guard let bytes = text.withExposed({ Base64.decode($0, alphabet: .url) }) else {
                throw VaultAnswerError(reason: "the key's \(name) is not base64url")
            }
            return bytes.withExposed { Array($0) }
        }
        let publicKey = PublicKey(
            type: key["kty"]?.text ?? "", curve: key["crv"]?.text ?? "",
            modulus: try number("n"), exponent: try number("e"), x: try number("x"), y: try number("y"))
        return .key(publicKey, version: version(in: id))
    }

    private static func certificate(
        _ object: JSONObject, _ expected: VaultObjectID
    ) throws(VaultAnswerError) -> VaultItem {
        guard let text = object["cer"]?.secret else { throw VaultAnswerError(reason: "certificate value is nil") }
        guard let id = object["id"]?.text else { throw VaultAnswerError(reason: "certificate id is nil") }
        try expected.check(id)
        guard let der = text.withExposed({ Base64.decode($0, alphabet: .standard) }) else {
            throw VaultAnswerError(reason: "the certificate is not base64")
        }
        return .certificate(der: der, version: version(in: id))
    }

    /// Returns the last segment of an object's identifier.
    static func version(in id: String) -> String {
        let bytes = id.utf8
        let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
        return String(Substring(bytes[start...]))
    }
}

extension ItemAttributes {
    fileprivate init(_ bundle: JSONObject) {
        self.init()
        let attributes = bundle["attributes"]?.object
        created = attributes?["created"]?.seconds
        updated = attributes?["updated"]?.seconds
        expires = attributes?["exp"]?.seconds
        notBefore = attributes?["nbf"]?.seconds
        contentType = bundle["contentType"]?.text
        tags = Self.tags(bundle["tags"])
    }

    /// Returns the tags. Values that are not texts are ignored.
    static func tags(_ value: JSONValue?) -> [String: String] {
        var tags: [String: String] = [:]
        for (name, value) in value?.object?.members ?? [] { tags[name] = value.text }
        return tags
    }
}
