/// Azure's built-in Key Vault roles, as far as reading and writing objects goes.
enum VaultRoles {
    enum Action: Sendable {
        case getSecret, listSecrets, setSecret
        case getKey, listKeys
        case getCertificate, listCertificates

        /// As Azure writes it in its refusals.
        var name: String {
            switch self {
            case .getSecret: "Microsoft.KeyVault/vaults/secrets/getSecret/action"
            case .listSecrets: "Microsoft.KeyVault/vaults/secrets/readMetadata/action"
            case .setSecret: "Microsoft.KeyVault/vaults/secrets/setSecret/action"
            case .getKey, .listKeys: "Microsoft.KeyVault/vaults/keys/read"
            case .getCertificate, .listCertificates: "Microsoft.KeyVault/vaults/certificates/read"
            }
        }

        var collection: VaultCollection {
            switch self {
            case .getSecret, .listSecrets, .setSecret: .secrets
            case .getKey, .listKeys: .keys
            case .getCertificate, .listCertificates: .certificates
            }
        }
    }

    private static let actions: [String: Set<Action>] = [
        "Key Vault Secrets User": [.getSecret, .listSecrets],
        "Key Vault Secrets Officer": [.getSecret, .listSecrets, .setSecret],
        "Key Vault Crypto User": [.getKey, .listKeys],
        "Key Vault Crypto Officer": [.getKey, .listKeys],
        "Key Vault Certificate User": [
            .getSecret, .listSecrets, .getKey, .listKeys, .getCertificate, .listCertificates,
        ],
        "Key Vault Certificates Officer": [.getCertificate, .listCertificates],
        "Key Vault Reader": [.listSecrets, .getKey, .listKeys, .getCertificate, .listCertificates],
        "Key Vault Administrator": [
            .getSecret, .listSecrets, .setSecret, .getKey, .listKeys, .getCertificate, .listCertificates,
        ],
    ]

    static func isKnown(_ role: String) -> Bool { actions[role] != nil }

    /// Whether one of `access` lets `identity` do `action` to the object called `name`.
    static func allow(_ action: Action, on name: String, identity: String, access: [Seed.Access]) -> Bool {
        access.contains { assignment in
            guard assignment.identity == identity, actions[assignment.role]?.contains(action) == true else {
                return false
            }
            guard let scope = assignment.object else { return true }
            return scope.lowercased() == "\(action.collection.rawValue)/\(name)".lowercased()
        }
    }
}
