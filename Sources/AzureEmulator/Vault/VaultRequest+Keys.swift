internal import Foundation
internal import HTTPTypes

/// The operations that only keys have.
extension VaultRequest {
    /// Responds to `/keys/NAME/OPERATION`; nil if the operation does not exist.
    func respondForKey(_ name: String, operation: String) throws -> VaultResponse? {
        switch (method, operation) {
        case (.post, "create"): return try createKey(name)
        case (.post, "rotate"): return try rotateKey(name)
        case (.get, "rotationpolicy"):
            try authorize(.readRotationPolicy, .keys, name)
            return try rotationPolicy(of: try vault.existing(name, .keys))
        case (.put, "rotationpolicy"):
            try authorize(.writeRotationPolicy, .keys, name)
            let text = String(decoding: try JSON.data(body), as: UTF8.self)
            let object = try change { vault in
                _ = try vault.unmanaged(name, .keys)
                vault.change(name, .keys) { $0.rotationPolicy = text }
                return try vault.existing(name, .keys)
            }
            return try rotationPolicy(of: object)
        default: return nil
        }
    }

    private func createKey(_ name: String) throws -> VaultResponse {
        try authorize(.create, .keys, name)
        try vault.checkWritable(name, .keys)
        guard let type = body["kty"] as? String else { throw VaultError.badParameter("kty is missing.") }
        let (jwk, secret) = try JSONWebKey.generate(
            type: type, curve: body["crv"] as? String, size: body["key_size"] as? Int)
        return try addKey(name, jwk, secret)
    }

    /// Imports a key.
    func importKey(_ name: String) throws -> VaultResponse {
        try authorize(.import, .keys, name)
        let key = members("key")
        let type = key["kty"] as? String ?? ""
        let needed =
            type.hasPrefix("RSA") ? ["n", "e", "d", "p", "q", "dp", "dq", "qi"] : ["crv", "x", "y", "d"]
        guard ["RSA", "RSA-HSM", "EC", "EC-HSM"].contains(type) else {
            throw VaultError.badParameter("The key type \(type) is not supported by a vault.")
        }
        guard needed.allSatisfy({ key[$0] is String }) else {
            throw VaultError.badParameter("The key to import needs \(needed.joined(separator: ", ")).")
        }
        var jwk = ["kty": body["Hsm"] as? Bool == true && !type.hasSuffix("-HSM") ? "\(type)-HSM" : type]
        for member in ["crv", "x", "y", "n", "e"] where needed.contains(member) { jwk[member] = key[member] as? String }
        guard let secret = SecretKey(jwk: key.compactMapValues { $0 as? String }) else {
            throw VaultError.badParameter("The key to import is not valid: its numbers do not belong together.")
        }
        return try addKey(name, jwk, secret)
    }

    /// Adds a version of the same kind as the newest one.
    private func rotateKey(_ name: String) throws -> VaultResponse {
        try authorize(.rotate, .keys, name)
        let object = try vault.unmanaged(name, .keys)
        return try add(try VaultVersion.rotatedKey(of: object, now: clock.seconds), to: name, .keys)
    }

    private func addKey(_ name: String, _ jwk: [String: String], _ secret: SecretKey) throws -> VaultResponse {
        let operations = body["key_ops"] as? [String] ?? members("key")["key_ops"] as? [String]
        return try add(
            try newVersion(.key(VaultKey(publicJWK: jwk, secret: secret, operations: operations))), to: name, .keys)
    }

    private func rotationPolicy(of object: VaultObject) throws -> VaultResponse {
        var policy: [String: Any] = [
            "lifetimeActions": [["trigger": ["timeBeforeExpiry": "P30D"], "action": ["type": "Notify"]]],
            "attributes": [String: Any](),
        ]
        if let text = object.rotationPolicy, let stored = JSON.object(Data(text.utf8)) { policy = stored }
        policy["id"] = "\(json.base)/keys/\(object.name)/rotationpolicy"
        return VaultResponse(body: policy)
    }
}

extension VaultVersion {
    /// A version with a new key of the same kind as the key's newest version, and with its tags and operations.
    static func rotatedKey(of object: VaultObject, now: Int) throws -> VaultVersion {
        guard let last = object.versions.last, case .key(let key) = last.content else {
            throw VaultError.notFound(.keys, object.name)
        }
        let (jwk, secret) = try JSONWebKey.generate(
            type: key.publicJWK["kty"] ?? "", curve: key.publicJWK["crv"], size: JSONWebKey.bits(of: key.publicJWK))
        return VaultVersion(
            id: newID(), enabled: true, created: now, tags: last.tags,
            content: .key(VaultKey(publicJWK: jwk, secret: secret, operations: key.operations)))
    }
}
