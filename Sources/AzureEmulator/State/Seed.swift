internal import Yams

/// The initial content of the emulated Azure, as users write it in YAML.
package struct Seed: Decodable, Sendable {
    /// The OIDC issuer of the built-in cluster, which issues service-account tokens.
    package var clusterIssuer: String?
    /// Other issuers whose tokens Entra accepts.
    package var issuers: [TrustedIssuer]?
    package var identities: [EntraIdentity]?
    /// The managed identities of the virtual machine.
    package var node: NodeIdentities?
    /// The identities that aad-pod-identity assigns to pods.
    package var podIdentities: [PodIdentity]?
    package var vaults: [Vault]?
    /// The faults that are set from the start.
    package var faults: [Fault]?

    /// A vault, with its objects and the access to it.
    package struct Vault: Codable, Sendable {
        package var name: String
        package var tenantID: String
        package var access: [RoleAssignment]?
        /// If present, even if empty, the vault uses access policies instead of roles.
        package var accessPolicies: [AccessPolicy]?
        package var firewall: VaultFirewall?
        package var secrets: [Secret]?
        package var keys: [Key]?
        package var certificates: [Certificate]?
        package var bundles: [FixedResponse]?
    }

    /// A secret with its versions.
    package struct Secret: Codable, Sendable {
        package var name: String
        /// The value of the newest version.
        package var value: String?
        package var contentType: String?
        package var enabled: Bool?
        package var tags: [String: String]?
        /// Seconds since 1970. As in Azure, it does not prevent reading.
        package var notBefore: Int?
        /// Seconds since 1970. As in Azure, it does not prevent reading.
        package var expires: Int?
        /// The versions before the one with `value`, oldest first.
        package var versions: [SecretVersion]?
    }

    /// An earlier version of a secret.
    package struct SecretVersion: Codable, Sendable {
        package var id: String?
        package var value: String
        package var enabled: Bool?
        /// Seconds since 1970.
        package var created: Int?
    }

    /// A key. The emulator generates it.
    package struct Key: Codable, Sendable {
        package var name: String
        /// `RSA` or `EC`, or either with `-HSM`.
        package var type: String
        /// `P-256`, `P-384`, `P-521` or `P-256K`.
        package var curve: String?
        /// 2048, 3072 or 4096 bits.
        package var size: Int?
        package var enabled: Bool?
        package var tags: [String: String]?
        /// Seconds since 1970.
        package var notBefore: Int?
        /// Seconds since 1970.
        package var expires: Int?
    }

    /// A certificate. The emulator issues it.
    package struct Certificate: Codable, Sendable {
        package var name: String
        /// `CN=` and the name if nil.
        package var subject: String?
        /// `RSA` or `EC`.
        package var type: String?
        /// `application/x-pkcs12` or `application/x-pem-file`.
        package var contentType: String?
        /// `key-vault` (Triple DES, SHA-1) or `modern` (AES, SHA-256).
        package var pkcs12: String?
        /// The number of certificates in the chain, 1 to 3.
        package var chain: Int?
        package var exportable: Bool?
        package var enabled: Bool?
        package var tags: [String: String]?
    }

    package init() {}

    /// Decodes YAML. Throws an `EmulatorError` that names the place of the first mistake.
    package init(yaml: String) throws {
        do {
            guard let document = try SeedText(yaml).node() else {
                self = try YAMLDecoder().decode(Seed.self, from: yaml)
                return
            }
            try SeedSchema.seed.check(document)
            do {
                self = try YAMLDecoder().decode(Seed.self, from: document)
            } catch let error as EmulatorError {
                // The YAML is valid, but a type of the seed refuses a value.
                throw DecodingError.dataCorrupted(
                    DecodingError.Context(
                        codingPath: [], debugDescription: error.description, underlyingError: error))
            }
        } catch {
            throw EmulatorError(reading: "the seed", error)
        }
    }

    /// Checks the references between the parts of a seed, so that a mistake is found at the start and not at
    /// the first request that depends on it.
    func validate() throws {
        let names = Set((identities ?? []).map(\.name))
        let assigned =
            [node?.systemAssigned].compactMap { $0 } + (node?.userAssigned ?? [])
            + (podIdentities ?? []).map(\.identity)
        for name in assigned where !names.contains(name) {
            throw EmulatorError("the node or a pod has the unknown identity \(name)")
        }
        for vault in vaults ?? [] {
            for access in vault.access ?? [] {
                guard names.contains(access.identity) else {
                    throw EmulatorError("vault \(vault.name) gives access to the unknown identity \(access.identity)")
                }
                guard VaultRoles.isKnown(access.role) else {
                    throw EmulatorError("vault \(vault.name) assigns the unknown role \(access.role)")
                }
            }
            try Self.check(vault, identities: names)
        }
    }

    private static func check(_ vault: Vault, identities: Set<String>) throws {
        do {
            try vault.firewall?.validate()
            for policy in vault.accessPolicies ?? [] {
                guard identities.contains(policy.identity) else {
                    throw EmulatorError("an access policy is for the unknown identity \(policy.identity)")
                }
                try policy.validate()
            }
        } catch let error as EmulatorError {
            throw EmulatorError("vault \(vault.name): \(error.description)")
        }
    }
}
