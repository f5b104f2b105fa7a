internal import Foundation
internal import Hummingbird

extension VaultCall {
    /// nil for what is no call of its own.
    func respondOfKey(_ method: HTTPRequest.Method, _ name: String, _ word: String) throws -> Response? {
        switch (method, word) {
        case (.post, "create"): return try createKey(name)
        case (.post, "rotate"): return try rotateKey(name)
        case (.get, "rotationpolicy"):
            try demand(.readRotationPolicy, .keys, name)
            return try rotationPolicy(of: try vault.existing(name, .keys))
        case (.put, "rotationpolicy"):
            try demand(.writeRotationPolicy, .keys, name)
            let text = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
            let object = try change { vault in
                _ = try vault.unmanaged(name, .keys)
                vault.change(name, .keys) { $0.rotationPolicy = text }
                return try vault.existing(name, .keys)
            }
            return try rotationPolicy(of: object)
        default: return nil
        }
    }

    private func createKey(_ name: String) throws -> Response {
        try demand(.create, .keys, name)
        try vault.demandWritable(name, .keys)
        guard let type = body["kty"] as? String else { throw VaultRefusal.badParameter("kty is missing.") }
        let made = try KeyMaker.make(type: type, curve: body["crv"] as? String, size: body["key_size"] as? Int)
        return try addKey(name, made.publicJWK)
    }

    /// Only the public half is kept: no call gives the other out.
    func importKey(_ name: String) throws -> Response {
        try demand(.import, .keys, name)
        let key = members("key")
        let type = key["kty"] as? String ?? ""
        let needed = type.hasPrefix("RSA") ? ["n", "e", "d"] : ["crv", "x", "y", "d"]
        guard ["RSA", "RSA-HSM", "EC", "EC-HSM"].contains(type) else {
            throw VaultRefusal.badParameter("The key type \(type) is not supported by a vault.")
        }
        guard needed.allSatisfy({ key[$0] is String }) else {
            throw VaultRefusal.badParameter("The key to import needs \(needed.joined(separator: ", ")).")
        }
        var jwk = ["kty": body["Hsm"] as? Bool == true && !type.hasSuffix("-HSM") ? "\(type)-HSM" : type]
        for member in needed where member != "d" { jwk[member] = key[member] as? String }
        return try addKey(name, jwk)
    }

    /// A new version of the same kind as the newest.
    private func rotateKey(_ name: String) throws -> Response {
        try demand(.rotate, .keys, name)
        let object = try vault.unmanaged(name, .keys)
        let version = try KeyMaker.successor(of: object, now: clock.seconds)
        let changed = try change { vault in
            try vault.add(version, to: name, .keys)
            return try vault.existing(name, .keys)
        }
        return try bundle(version, of: changed, .keys)
    }

    private func addKey(_ name: String, _ jwk: [String: String]) throws -> Response {
        let operations = body["key_ops"] as? [String] ?? members("key")["key_ops"] as? [String]
        let version = try newVersion(.key(VaultKey(publicJWK: jwk, operations: operations)))
        let object = try change { vault in
            try vault.add(version, to: name, .keys)
            return try vault.existing(name, .keys)
        }
        return try bundle(version, of: object, .keys)
    }

    private func rotationPolicy(of object: VaultObject) throws -> Response {
        var policy: [String: Any] = [
            "lifetimeActions": [["trigger": ["timeBeforeExpiry": "P30D"], "action": ["type": "Notify"]]],
            "attributes": [String: Any](),
        ]
        if let text = object.rotationPolicy,
            let stored = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        {
            policy = stored
        }
        policy["id"] = "\(VaultJSON.base(authority))/keys/\(object.name)/rotationpolicy"
        return try Answer.json(policy)
    }
}

extension KeyMaker {
    /// Another key of the same kind, with the attributes of the newest version.
    static func successor(of object: VaultObject, now: Int) throws -> VaultVersion {
        guard let last = object.versions.last, case .key(let key) = last.content else {
            throw VaultRefusal.notFound(.keys, object.name)
        }
        let bits = key.publicJWK["n"].flatMap { Data(base64URL: $0) }.map { $0.drop { $0 == 0 }.count * 8 }
        let made = try make(type: key.publicJWK["kty"] ?? "", curve: key.publicJWK["crv"], size: bits)
        return VaultVersion(
            id: VaultVersion.newID(), enabled: true, created: now, tags: last.tags,
            content: .key(VaultKey(publicJWK: made.publicJWK, operations: key.operations)))
    }
}
