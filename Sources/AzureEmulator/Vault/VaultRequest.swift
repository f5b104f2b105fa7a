internal import Foundation
internal import HTTPTypes

/// The response to a request to a vault, before it is written as HTTP.
struct VaultResponse {
    var status = HTTPResponse.Status.ok
    /// nil for a response without a body.
    var body: [String: Any]?
}

/// One request to the data plane of a vault, from a caller whose token has been accepted.
struct VaultRequest {
    let method: HTTPRequest.Method
    /// The segments of the URL's path.
    let path: [String]
    let query: [String: String]
    /// The members of the JSON body; empty if there is no body.
    let body: [String: Any]
    /// The host, with its port if it has one.
    let authority: String
    let caller: VaultCaller
    /// The vault at the time of the request.
    let vault: Vault
    let storage: any VaultStorage
    let clock: EmulatorClock

    var json: VaultJSON { VaultJSON(authority: authority) }

    /// Executes the request. Throws a `VaultError` or a `CertificateInputError` if Key Vault would refuse it.
    func respond() throws -> VaultResponse {
        guard let first = path.first else { throw VaultError.unknownPath }
        if path == ["rng"], method == .post { return try randomBytes() }
        if path.count > 1, VaultCollection(rawValue: first) != nil || VaultCollection(deletedName: first) != nil {
            guard VaultError.isName(path[1]) else { throw VaultError.invalidName(path[1]) }
        }
        if let collection = VaultCollection(deletedName: first) { return try respondForDeleted(collection) }
        guard let collection = VaultCollection(rawValue: first) else { throw VaultError.unknownPath }
        let name = path.count > 1 ? path[1] : ""
        let last = path.count > 2 ? path[2] : ""
        switch (method, path.count, last) {
        case (.get, 1, _): return try list(collection)
        case (.get, 2, _): return try get(name, version: "", collection)
        case (.get, 3, "versions"): return try versions(of: name, collection)
        case (.patch, 2, _): return try update(name, version: "", collection)
        case (.delete, 2, _): return try delete(name, collection)
        case (.post, 2, _) where name == "restore": return try restore(collection)
        case (.post, 3, "backup"): return try backup(name, collection)
        case (.put, 2, _) where collection == .secrets: return try setSecret(name)
        case (.put, 2, _) where collection == .keys: return try importKey(name)
        default: break
        }
        if path.count == 3, collection == .keys, let response = try respondForKey(name, operation: last) {
            return response
        }
        if method == .post, collection == .keys, [3, 4].contains(path.count),
            let operation = KeyOperation(path: path[path.count - 1])
        {
            return try apply(operation, to: name, version: path.count == 4 ? last : "")
        }
        if path.count == 3, collection == .certificates,
            let response = try respondForCertificate(name, operation: last)
        {
            return response
        }
        switch (method, path.count) {
        case (.get, 3): return try get(name, version: last, collection)
        case (.patch, 3): return try update(name, version: last, collection)
        default: throw VaultError.unknownMethod
        }
    }

    /// Throws a `VaultError` if neither a role nor an access policy lets the caller do it. An empty name stands for
    /// the collection, and `permission` for one of an access policy that differs from the verb's.
    func authorize(
        _ verb: VaultAction.Verb, _ collection: VaultCollection, _ name: String = "", permission: String? = nil
    ) throws {
        let action = VaultAction(verb: verb, collection: collection)
        if let policies = vault.accessPolicies {
            let permission = permission ?? action.permission
            let policy = policies.first { $0.identity == caller.identity.name }
            guard policy?.permits(permission, collection) == true else {
                throw VaultError.accessDenied(permission, collection, in: vault.name, caller: caller)
            }
            return
        }
        guard VaultRoles.permit(action, on: name, to: caller.identity.name, by: vault.access) else {
            throw VaultError.forbidden(action, on: name, in: vault.name, caller: caller)
        }
    }

    /// Changes the vault in its current state, which other requests may have changed since this one came in.
    @discardableResult
    func change<Result: Sendable>(_ body: (inout Vault) throws -> Result) throws -> Result {
        try storage.change(vault.name, body)
    }

    // MARK: - The body

    /// The members of an object in the body; empty if there is none.
    func members(_ name: String) -> [String: Any] { body[name] as? [String: Any] ?? [:] }

    func tags() throws -> [String: String]? {
        guard let tags = body["tags"] as? [String: Any] else { return nil }
        let texts = tags.compactMapValues { $0 as? String }
        guard texts.count <= 15, texts.allSatisfy({ $0.key.count <= 256 && $0.value.count <= 256 }) else {
            throw VaultError.badParameter("There may be 15 tags of at most 256 characters.")
        }
        return texts
    }

    func attributes() throws -> Vault.Attributes {
        let members = members("attributes")
        return Vault.Attributes(
            enabled: members["enabled"] as? Bool, notBefore: members["nbf"] as? Int, expires: members["exp"] as? Int,
            tags: try tags(), contentType: body["contentType"] as? String, operations: body["key_ops"] as? [String])
    }

    /// A new version with the attributes in the body.
    func newVersion(_ content: VaultVersion.Content) throws -> VaultVersion {
        let attributes = try attributes()
        return VaultVersion(
            id: VaultVersion.newID(), enabled: attributes.enabled ?? true, created: clock.seconds,
            notBefore: attributes.notBefore, expires: attributes.expires, tags: attributes.tags ?? [:],
            content: content)
    }
}
