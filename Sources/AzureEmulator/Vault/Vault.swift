/// A vault: its objects, its soft-deleted objects, and who may use them.
struct Vault: Sendable, Codable {
    var name: String
    var tenantID: String
    /// The role assignments. They have no effect if the vault has access policies.
    var access: [RoleAssignment]
    /// The access policies; nil if the vault uses roles.
    var accessPolicies: [AccessPolicy]?
    /// nil if the vault accepts all addresses.
    var firewall: VaultFirewall?
    /// By the object's name in lower case.
    var objects: [VaultCollection: [String: VaultObject]]
    /// By the object's name in lower case.
    var deleted: [VaultCollection: [String: DeletedObject]] = [:]
    /// By the path in lower case.
    var bundles: [String: FixedResponse] = [:]

    func object(_ name: String, _ collection: VaultCollection) -> VaultObject? {
        objects[collection]?[name.lowercased()]
    }

    func deletedObject(_ name: String, _ collection: VaultCollection) -> DeletedObject? {
        deleted[collection]?[name.lowercased()]
    }

    /// Adds a version to an object, and creates the object if it does not exist.
    mutating func append(_ version: VaultVersion, to name: String, _ collection: VaultCollection) {
        objects[collection, default: [:]][
            name.lowercased(), default: VaultObject(name: name, versions: [])
        ].versions.append(version)
    }

    /// Changes an object. Does nothing if it does not exist.
    mutating func change(_ name: String, _ collection: VaultCollection, _ body: (inout VaultObject) throws -> Void)
        rethrows
    {
        guard var object = object(name, collection) else { return }
        try body(&object)
        objects[collection]?[name.lowercased()] = object
    }
}

/// A response that a vault sends exactly as it is written, for what no other part of a seed can describe:
/// an unusual content type, a missing member, another kind of error. A caller needs a valid token for it,
/// but no role.
package struct FixedResponse: Codable, Sendable {
    /// The path that is requested, such as `secrets/NAME`, `keys/NAME/VERSION` or `secrets/NAME/versions`.
    package var path: String
    /// 200 if nil.
    package var status: Int?
    /// JSON.
    package var body: String
}

/// The part of the emulator's state that the data plane of the vaults reads and changes.
protocol VaultStorage: Sendable {
    /// The vault with this name, ignoring case.
    func vault(_ name: String) -> Vault?

    /// Changes a vault completely or, if `body` throws, not at all. Throws an `EmulatorError` if the vault
    /// does not exist.
    @discardableResult
    func change<Result: Sendable>(_ vault: String, _ body: (inout Vault) throws -> Result) throws -> Result
}
