internal import Foundation
internal import HTTPTypes

/// The operations that use a key: signatures, encryption and wrapping.
extension VaultRequest {
    private static let maximumRandomBytes = 128

    /// Uses a version of a key, or the newest one if `version` is empty.
    func apply(_ operation: KeyOperation, to name: String, version: String) throws -> VaultResponse {
        try authorize(operation.verb, .keys, name)
        guard let object = vault.object(name, .keys), let found = object.version(version),
            case .key(let key) = found.content
        else { throw VaultError.notFound(.keys, name, version: version) }
        let kid = "\(json.base)/keys/\(object.name)/\(found.id)"
        try check(operation, found, key)
        guard let text = body["alg"] as? String else { throw VaultError.badParameter("Property 'alg' is required.") }
        guard let algorithm = KeyAlgorithm.named(text, for: operation) else {
            throw VaultError.badParameter("Property has invalid value\r\nalg: '\(text)' is not supported.")
        }
        try algorithm.check(key, kid: kid)
        guard let secret = key.secret else {
            throw VaultError.badParameter("The key is from a state without private keys. To fix: rotate it.")
        }
        if operation == .verify {
            let digest = try hash("digest", for: algorithm)
            let isValid = secret.isValid(try bytes("value"), of: digest, algorithm.scheme)
            return VaultResponse(body: ["value": isValid])
        }
        let result =
            switch operation {
            case .sign, .verify: secret.sign(try hash("value", for: algorithm), algorithm.scheme)
            case .encrypt, .wrapKey: secret.encrypt(try bytes("value"), algorithm.scheme)
            case .decrypt, .unwrapKey: secret.decrypt(try bytes("value"), algorithm.scheme)
            }
        guard let result else {
            switch operation {
            case .decrypt, .unwrapKey:
                throw VaultError.badParameter("Unable to decrypt specified value with this key.")
            default: throw VaultError.badParameter("The length of 'value' is too long for \(algorithm.name).")
            }
        }
        return VaultResponse(body: ["kid": kid, "value": Data(result).base64URL])
    }

    /// Random bytes, which only a managed HSM has in Azure.
    func randomBytes() throws -> VaultResponse {
        try authorize(.random, .keys)
        guard let count = body["count"] as? Int, (1...Self.maximumRandomBytes).contains(count) else {
            throw VaultError.badParameter("count must be between 1 and \(Self.maximumRandomBytes).")
        }
        return VaultResponse(body: ["value": Data((0..<count).map { _ in UInt8.random(in: 0 ... .max) }).base64URL])
    }

    /// Throws if the key's state or its `key_ops` forbid the operation.
    private func check(_ operation: KeyOperation, _ version: VaultVersion, _ key: VaultKey) throws {
        guard version.enabled else { throw VaultError.disabledKey(operation) }
        let isValid = (version.notBefore ?? .min) <= clock.seconds && clock.seconds < (version.expires ?? .max)
        guard isValid || operation.ignoresValidity else { throw VaultError.outsideValidity(operation) }
        guard key.operations.contains(operation.rawValue) else { throw VaultError.forbiddenOperation(operation) }
    }

    /// The bytes in a member of the body.
    private func bytes(_ member: String) throws -> [UInt8] {
        guard let text = body[member] as? String else {
            throw VaultError.badParameter("Property '\(member)' is required.")
        }
        guard let bytes = Data(base64URL: text) else {
            throw VaultError.badParameter(
                "Content of '\(member)' is not base64url.\r\nProperty '\(member)' is required.\r\n")
        }
        return Array(bytes)
    }

    /// The hash in a member of the body.
    private func hash(_ member: String, for algorithm: KeyAlgorithm) throws -> [UInt8] {
        let hash = try bytes(member)
        if let length = algorithm.hashLength, hash.count != length {
            throw VaultError.badParameter(
                "Invalid length of '\(member)': \(hash.count) bytes. \(algorithm.name) requires \(length) bytes, "
                    + "encoded with base64url.")
        }
        return hash
    }
}

extension KeyAlgorithm {
    /// Throws Key Vault's error if the algorithm is not one for the key.
    fileprivate func check(_ key: VaultKey, kid: String) throws {
        let type = key.publicJWK["kty"] ?? ""
        let start = "Key and signing algorithm are incompatible. Key \(kid)"
        guard type == keyType || type == "\(keyType)-HSM" else {
            throw VaultError.badParameter(
                "\(start) is of type '\(type)', and algorithm '\(name)' can only be used with a key of type "
                    + "'\(keyType)' or '\(keyType)-HSM'.")
        }
        let used = key.publicJWK["crv"] ?? ""
        if let curve, used != curve {
            throw VaultError.badParameter(
                "\(start) uses curve '\(used)', and algorithm '\(name)' can only be used with curve '\(curve)'.")
        }
    }
}

extension VaultError {
    fileprivate static func disabledKey(_ operation: KeyOperation) -> VaultError {
        VaultError(
            status: .forbidden, code: "Forbidden",
            message: "Operation \(operation.rawValue) is not allowed on a disabled key.", innerCode: "KeyDisabled")
    }

    fileprivate static func outsideValidity(_ operation: KeyOperation) -> VaultError {
        VaultError(
            status: .forbidden, code: "Forbidden",
            message:
                "Operation \(operation.rawValue) is not allowed on a key that is not yet valid or has expired.",
            innerCode: "KeyNotYetValidOrExpired")
    }

    /// The operation is not among the key's `key_ops`.
    fileprivate static func forbiddenOperation(_ operation: KeyOperation) -> VaultError {
        VaultError(
            status: .forbidden, code: "Forbidden",
            message: "Operation \(operation.rawValue) is not permitted on this key.",
            innerCode: "KeyOperationForbidden")
    }
}
