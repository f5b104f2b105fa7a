/// The permissions of an identity in a vault that uses access policies instead of roles. The names of the permissions
/// are Azure's; `all` includes all of them.
package struct AccessPolicy: Codable, Sendable, Equatable {
    /// The identity's name.
    package var identity: String
    package var secrets: [String]?
    package var keys: [String]?
    package var certificates: [String]?

    package init(identity: String, secrets: [String]?, keys: [String]?, certificates: [String]?) {
        self.identity = identity
        self.secrets = secrets
        self.keys = keys
        self.certificates = certificates
    }

    /// The permissions that Azure knows
    /// ([documentation](https://learn.microsoft.com/azure/key-vault/general/assign-access-policy)).
    private static let known: [VaultCollection: [String]] = [
        .secrets: ["get", "list", "set", "delete", "recover", "backup", "restore", "purge"],
        .keys: [
            "get", "list", "update", "create", "import", "delete", "recover", "backup", "restore", "decrypt", "encrypt",
            "unwrapKey", "wrapKey", "verify", "sign", "purge", "release", "rotate", "getrotationpolicy",
            "setrotationpolicy",
        ],
        .certificates: [
            "get", "list", "update", "create", "import", "delete", "recover", "backup", "restore", "managecontacts",
            "manageissuers", "getissuers", "listissuers", "setissuers", "deleteissuers", "purge",
        ],
    ]

    /// Throws an `EmulatorError` for a permission that Azure does not know.
    func validate() throws {
        for collection in VaultCollection.allCases {
            let names = ["all"] + (Self.known[collection] ?? [])
            for name in permissions(collection)
            where !names.contains(where: { $0.lowercased() == name.lowercased() }) {
                throw EmulatorError(
                    SpellingSuggestion.message(
                        unknown: "permission for \(collection.rawValue)", name, among: names))
            }
        }
    }

    /// Whether the policy permits something. Azure compares the names of permissions without regard to case.
    func permits(_ permission: String, _ collection: VaultCollection) -> Bool {
        permissions(collection).contains { [permission.lowercased(), "all"].contains($0.lowercased()) }
    }

    private func permissions(_ collection: VaultCollection) -> [String] {
        switch collection {
        case .secrets: secrets ?? []
        case .keys: keys ?? []
        case .certificates: certificates ?? []
        }
    }
}

extension VaultAction {
    /// The name of the permission in an access policy.
    var permission: String {
        switch verb {
        case .read: "list"
        case .readRotationPolicy: "getrotationpolicy"
        case .writeRotationPolicy: "setrotationpolicy"
        case .wrap: "wrapKey"
        case .unwrap: "unwrapKey"
        // A managed HSM, which alone has random bytes, has no access policies.
        case .random: "get"
        default: verb.rawValue
        }
    }
}
