/// An action on the objects of one collection, in the terms of Azure's data actions.
struct VaultAction: Sendable, Hashable {
    enum Verb: String, Sendable, CaseIterable {
        /// Reading a secret's value.
        case get
        /// Reading the rest: attributes and tags, and the public part of keys and certificates.
        case read
        case set, create, `import`, update, delete, recover, purge, backup, restore, rotate
        case readRotationPolicy, writeRotationPolicy
        case encrypt, decrypt, wrap, unwrap, sign, verify
        /// Getting random bytes, which only a managed HSM has.
        case random
    }

    var verb: Verb
    var collection: VaultCollection

    /// Azure's name for the action, which its error messages contain.
    var name: String {
        let provider = "Microsoft.KeyVault/vaults"
        switch (collection, verb) {
        case (.secrets, .get): return "\(provider)/secrets/getSecret/action"
        case (.secrets, .read): return "\(provider)/secrets/readMetadata/action"
        case (.secrets, .set): return "\(provider)/secrets/setSecret/action"
        case (_, .get), (_, .read): return "\(provider)/\(collection.rawValue)/read"
        case (_, .delete): return "\(provider)/\(collection.rawValue)/delete"
        case (_, .readRotationPolicy): return "\(provider)/keyrotationpolicies/read"
        case (_, .writeRotationPolicy): return "\(provider)/keyrotationpolicies/write"
        case (_, .random): return "Microsoft.KeyVault/managedHsm/rng/action"
        default: return "\(provider)/\(collection.rawValue)/\(verb.rawValue)/action"
        }
    }
}

/// The assignment of a role to an identity, for a vault or for one of its objects.
package struct RoleAssignment: Codable, Sendable, Equatable {
    /// The identity's name.
    package var identity: String
    /// A built-in role, such as `Key Vault Secrets User`.
    package var role: String
    /// `secrets/NAME`, `keys/NAME` or `certificates/NAME`; the whole vault if nil.
    package var object: String?

    package init(identity: String, role: String, object: String?) {
        self.identity = identity
        self.role = role
        self.object = object
    }
}

/// Azure's built-in Key Vault roles for the data plane
/// ([documentation](https://learn.microsoft.com/azure/key-vault/general/rbac-guide)).
enum VaultRoles {
    private typealias Permissions = [VaultCollection: Set<VaultAction.Verb>]

    private static let everything = Set(VaultAction.Verb.allCases)
    private static let reading: Set<VaultAction.Verb> = [.get, .read]
    private static let cryptography: Set<VaultAction.Verb> = [.encrypt, .decrypt, .wrap, .unwrap, .sign, .verify]

    private static let permissions: [String: Permissions] = [
        "Key Vault Administrator": [.secrets: everything, .keys: everything, .certificates: everything],
        "Key Vault Certificate User": [.secrets: reading, .keys: reading, .certificates: reading],
        "Key Vault Certificates Officer": [.certificates: everything],
        "Key Vault Crypto Officer": [.keys: everything],
        "Key Vault Crypto Service Encryption User": [.keys: reading.union([.wrap, .unwrap])],
        "Key Vault Crypto User": [.keys: reading.union(cryptography).union([.update, .backup, .random])],
        "Key Vault Reader": [
            .secrets: [.read], .keys: [.get, .read, .readRotationPolicy], .certificates: reading,
        ],
        "Key Vault Secrets Officer": [.secrets: everything],
        "Key Vault Secrets User": [.secrets: reading],
    ]

    static var names: [String] { permissions.keys.sorted() }

    static func isKnown(_ role: String) -> Bool { permissions[role] != nil }

    /// Whether one of `assignments` permits `identity` the action on the object called `name`.
    static func permit(
        _ action: VaultAction, on name: String, to identity: String, by assignments: [RoleAssignment]
    ) -> Bool {
        assignments.contains { assignment in
            guard assignment.identity == identity,
                permissions[assignment.role]?[action.collection]?.contains(action.verb) == true
            else { return false }
            guard let scope = assignment.object else { return true }
            return scope.lowercased() == "\(action.collection.rawValue)/\(name)".lowercased()
        }
    }
}
