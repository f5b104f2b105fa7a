internal import Foundation
internal import HTTPTypes

/// The operations that only keys have.
extension VaultRequest {
    /// Responds to `/keys/NAME/OPERATION`; nil if there is no such operation.
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
        return try addKey(
            name,
            try JSONWebKey.generate(type: type, curve: body["crv"] as? String, size: body["key_size"] as? Int))
    }

    /// Imports a key. The vault keeps only the public half, because no operation returns the private one.
    func importKey(_ name: String) throws -> VaultResponse {
        try authorize(.import, .keys, name)
        let key = members("key")
        let type = key["kty"] as? String ?? ""
        let needed = type.hasPrefix("RSA") ? ["n", "e", "d"] : ["crv", "x", "y", "d"]
        guard ["RSA", "RSA-HSM", "EC", "EC-HSM"].contains(type) else {
            throw VaultError.badParameter("The key type \(type) is not supported by a vault.")
        }
        guard needed.allSatisfy({ key[$0] is String }) else {
            throw VaultError.badParameter("The key to import needs \(needed.joined(separator: ", ")).")
        }
        var jwk = ["kty": body["Hsm"] as? Bool == true && !type.hasSuffix("-HSM") ? "\(type)-HSM" : type]
        for member in needed where member != "d" { jwk[member] = key[member] as? String }
        return try addKey(name, jwk)
    }

    /// Adds a version of the same kind as the newest one.
    private func rotateKey(_ name: String) throws -> VaultResponse {
        try authorize(.rotate, .keys, name)
        let object = try vault.unmanaged(name, .keys)
        return try add(try VaultVersion.rotatedKey(of: object, now: clock.seconds), to: name, .keys)
    }

    private func addKey(_ name: String, _ jwk: [String: String]) throws -> VaultResponse {
        let operations = body["key_ops"] as? [String] ?? members("key")["key_ops"] as? [String]
        return try add(
            try newVersion(.key(VaultKey(publicJWK: jwk, operations: operations))), to: name, .keys)
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
        let jwk = try JSONWebKey.generate(
            type: key.publicJWK["kty"] ?? "", curve: key.publicJWK["crv"], size: JSONWebKey.bits(of: key.publicJWK))
        return VaultVersion(
            id: newID(), enabled: true, created: now, tags: last.tags,
            content: .key(VaultKey(publicJWK: jwk, operations: key.operations)))
    }
}
