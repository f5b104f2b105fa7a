internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// Who calls, once its token has been accepted.
struct VaultCaller {
    var identity: Seed.Identity
    /// As Azure's refusals name a caller.
    var description: String
}

/// One call of a vault's data plane by somebody who is known.
struct VaultCall {
    let store: StateStore
    /// As it was when the call came in.
    let vault: Vault
    let caller: VaultCaller
    let authority: String
    let query: [String: String]
    /// Empty when there is none.
    let body: [String: Any]
    let clock: EmulatorClock

    func respond(_ method: HTTPRequest.Method, _ path: [String]) throws -> Response {
        guard let first = path.first else { throw VaultRefusal.unknownPath }
        if let collection = VaultCollection(deletedName: first) {
            return try respondOfDeleted(method, path, collection)
        }
        guard let collection = VaultCollection(rawValue: first) else { throw VaultRefusal.unknownPath }
        let name = path.count > 1 ? path[1] : ""
        switch (method, path.count, path.count > 2 ? path[2] : "") {
        case (.get, 1, _): return try list(collection)
        case (.get, 2, _): return try get(name, "", collection)
        case (.get, 3, "versions"): return try versions(of: name, collection)
        case (.patch, 2, _): return try update(name, "", collection)
        case (.delete, 2, _): return try delete(name, collection)
        case (.post, 2, _) where name == "restore": return try restore(collection)
        case (.post, 3, "backup"): return try backup(name, collection)
        case (.put, 2, _) where collection == .secrets: return try setSecret(name)
        default: break
        }
        if path.count == 3, collection == .keys, let response = try respondOfKey(method, name, path[2]) {
            return response
        }
        if path.count == 2, collection == .keys, method == .put { return try importKey(name) }
        if path.count == 3, collection == .certificates,
            let response = try respondOfCertificate(method, name, path[2])
        {
            return response
        }
        switch (method, path.count) {
        case (.get, 3): return try get(name, path[2], collection)
        case (.patch, 3): return try update(name, path[2], collection)
        default: throw VaultRefusal.unknownMethod
        }
    }

    /// Refuses a caller without a role for it.
    func demand(_ verb: VaultAction.Verb, _ collection: VaultCollection, _ name: String) throws {
        let action = VaultAction(verb: verb, collection: collection)
        guard !VaultRoles.allow(action, on: name, identity: caller.identity.name, access: vault.access) else { return }
        throw VaultRefusal(
            status: .forbidden, code: "Forbidden",
            message:
                "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: \(caller.description)\r\nAction: '\(action.name)'\r\nResource: '/vaults/\(vault.name)/\(collection.rawValue)/\(name)'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC'\r\nVault: \(vault.name);location=emulated\r\n",
            inner: "ForbiddenByRbac")
    }

    /// Changes the vault as it is now, which may be another than when the call came in.
    func change<Result: Sendable>(_ body: (inout Vault) throws -> Result) throws -> Result {
        try store.change(vault.name, body)
    }

    // MARK: - What a body says

    func members(_ name: String) -> [String: Any] { body[name] as? [String: Any] ?? [:] }

    func tags() throws -> [String: String]? {
        guard let tags = body["tags"] as? [String: Any] else { return nil }
        let texts = tags.compactMapValues { $0 as? String }
        guard texts.count <= 15, texts.allSatisfy({ $0.key.count <= 256 && $0.value.count <= 256 }) else {
            throw VaultRefusal.badParameter("There may be 15 tags of at most 256 characters.")
        }
        return texts
    }

    func attributes() throws -> Vault.Attributes {
        let members = members("attributes")
        return Vault.Attributes(
            enabled: members["enabled"] as? Bool, notBefore: members["nbf"] as? Int, expires: members["exp"] as? Int,
            tags: try tags(), contentType: body["contentType"] as? String, operations: body["key_ops"] as? [String])
    }

    func newVersion(_ content: VaultVersion.Content) throws -> VaultVersion {
        let attributes = try attributes()
        return VaultVersion(
            id: VaultVersion.newID(), enabled: attributes.enabled ?? true, created: clock.seconds,
            notBefore: attributes.notBefore, expires: attributes.expires, tags: attributes.tags ?? [:],
            content: content)
    }

    func bundle(_ version: VaultVersion, of object: VaultObject, _ collection: VaultCollection) throws -> Response {
        try Answer.json(VaultJSON.bundle(version, of: object, collection, authority: authority))
    }
}
