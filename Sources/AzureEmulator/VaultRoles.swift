/// What a caller wants to do to the objects of one collection, in the terms of Azure's data actions.
struct VaultAction: Sendable, Hashable {
    enum Verb: String, Sendable, CaseIterable {
        /// A secret's value.
        case get
        /// Everything but a secret's value: attributes and tags; of keys and certificates the public part.
        case read
        case set, create, `import`, update, delete, recover, purge, backup, restore, rotate
        case readRotationPolicy, writeRotationPolicy
    }

    var verb: Verb
    var collection: VaultCollection

    /// As Azure writes it in its refusals.
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
        default: return "\(provider)/\(collection.rawValue)/\(verb.rawValue)/action"
        }
    }
}

/// Azure's built-in Key Vault roles for the data plane.
/// https://learn.microsoft.com/azure/key-vault/general/rbac-guide
enum VaultRoles {
    private typealias Grant = [VaultCollection: Set<VaultAction.Verb>]

    private static let everything = Set(VaultAction.Verb.allCases)
    private static let reading: Set<VaultAction.Verb> = [.get, .read]

    private static let grants: [String: Grant] = [
        "Key Vault Administrator": [.secrets: everything, .keys: everything, .certificates: everything],
        "Key Vault Certificate User": [.secrets: reading, .keys: reading, .certificates: reading],
        "Key Vault Certificates Officer": [.certificates: everything],
        "Key Vault Crypto Officer": [.keys: everything],
        "Key Vault Crypto Service Encryption User": [.keys: reading],
        "Key Vault Crypto User": [.keys: [.get, .read, .update, .backup]],
        "Key Vault Reader": [
            .secrets: [.read], .keys: [.get, .read, .readRotationPolicy], .certificates: reading,
        ],
        "Key Vault Secrets Officer": [.secrets: everything],
        "Key Vault Secrets User": [.secrets: reading],
    ]

    static var names: [String] { grants.keys.sorted() }

    static func isKnown(_ role: String) -> Bool { grants[role] != nil }

    /// Whether one of `access` lets `identity` do `action` to the object called `name`.
    static func allow(_ action: VaultAction, on name: String, identity: String, access: [Seed.Access]) -> Bool {
        access.contains { assignment in
            guard assignment.identity == identity,
                grants[assignment.role]?[action.collection]?.contains(action.verb) == true
            else { return false }
            guard let scope = assignment.object else { return true }
            return scope.lowercased() == "\(action.collection.rawValue)/\(name)".lowercased()
        }
    }
}
