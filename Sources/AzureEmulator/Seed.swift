internal import Yams

/// What the emulated Azure holds at its start, as its users write it in YAML.
package struct Seed: Decodable, Sendable {
    /// The OIDC issuer of the built-in cluster, which can mint service-account tokens.
    package var clusterIssuer: String?
    /// Further issuers whose tokens are believed, with the place of their keys.
    package var issuers: [Issuer]?
    package var identities: [Identity]?
    /// The virtual machine's managed identities.
    package var node: Node?
    /// What aad-pod-identity assigns to pods.
    package var podIdentities: [PodIdentity]?
    package var vaults: [Vault]?
    /// How it misbehaves from the start.
    package var faults: [Fault]?

    package struct Node: Codable, Sendable {
        /// An identity's name.
        package var systemAssigned: String?
        /// Names of identities.
        package var userAssigned: [String]?
    }

    package struct PodIdentity: Codable, Sendable {
        package var namespace: String
        package var pod: String
        /// An identity's name.
        package var identity: String
    }

    package struct Issuer: Codable, Sendable {
        package var url: String
        /// A file, relative to the seed, or an http(s) URL.
        package var jwks: String
    }

    package struct Identity: Codable, Sendable {
        package var name: String
        package var clientID: String
        /// `adfs` for a client of the AD FS that every authority has beside Entra.
        package var tenantID: String
        package var federatedCredentials: [FederatedCredential]?
        package var clientSecrets: [String]?
        /// Certificates whose keys the application signs with: each a PEM text, or a PEM file, relative
        /// to the seed.
        package var clientCertificates: [String]?
        /// Service accounts that may use the identity through the cluster's token proxy.
        package var boundServiceAccounts: [String]?
    }

    package struct FederatedCredential: Codable, Sendable {
        package var name: String?
        /// The built-in cluster's when absent.
        package var issuer: String?
        package var subject: String
        /// `api://AzureADTokenExchange` when absent.
        package var audience: String?

        package init(name: String?, issuer: String?, subject: String, audience: String?) {
            self.name = name
            self.issuer = issuer
            self.subject = subject
            self.audience = audience
        }
    }

    package struct Vault: Codable, Sendable {
        package var name: String
        package var tenantID: String
        package var access: [Access]?
        package var secrets: [Secret]?
        package var keys: [Key]?
        package var certificates: [Certificate]?
        package var bundles: [Bundle]?
    }

    /// An answer that stands as it is written, for what no other part of a seed can describe: an odd
    /// content type, a missing member, a refusal of another kind. Any caller with a good token gets it.
    package struct Bundle: Codable, Sendable {
        /// Such as `secrets/NAME`, `keys/NAME/VERSION` or `secrets/NAME/versions`.
        package var path: String
        /// 200 when absent.
        package var status: Int?
        /// JSON.
        package var body: String
    }

    /// A role assignment.
    package struct Access: Codable, Sendable, Equatable {
        /// An identity's name.
        package var identity: String
        /// A built-in role, such as `Key Vault Secrets User`.
        package var role: String
        /// `secrets/NAME`, `keys/NAME` or `certificates/NAME`; the whole vault when absent.
        package var object: String?

        package init(identity: String, role: String, object: String?) {
            self.identity = identity
            self.role = role
            self.object = object
        }
    }

    package struct Secret: Codable, Sendable {
        package var name: String
        package var value: String?
        package var contentType: String?
        package var enabled: Bool?
        package var tags: [String: String]?
        /// Seconds since 1970; shown, and as in Azure no obstacle to reading.
        package var notBefore: Int?
        package var expires: Int?
        /// Oldest first, for an object with a history; `value` is then the newest.
        package var versions: [SecretVersion]?
    }

    package struct SecretVersion: Codable, Sendable {
        package var id: String?
        package var value: String
        package var enabled: Bool?
        /// Seconds since 1970.
        package var created: Int?
    }

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
        package var notBefore: Int?
        package var expires: Int?
    }

    package struct Certificate: Codable, Sendable {
        package var name: String
        package var subject: String?
        /// `RSA` or `EC`.
        package var type: String?
        /// `application/x-pkcs12` or `application/x-pem-file`.
        package var contentType: String?
        /// `key-vault` (Triple DES, SHA-1) or `modern` (AES, SHA-256).
        package var pkcs12: String?
        /// Certificates in the chain, 1 to 3.
        package var chain: Int?
        package var exportable: Bool?
        package var enabled: Bool?
        package var tags: [String: String]?
    }

    /// Why a seed cannot be used.
    package struct Invalid: Error, CustomStringConvertible {
        package var description: String
    }

    package init() {}

    /// Decodes YAML and says where it is wrong.
    package init(yaml: String) throws {
        do {
            if let document = try Yams.compose(yaml: yaml) { try SeedShape.seed.check(document) }
            self = try YAMLDecoder().decode(Seed.self, from: yaml)
        } catch let error as Invalid {
            throw error
        } catch {
            throw Self.invalid(error, "the seed")
        }
    }

    /// A YAML decoder's error in a reader's words; `document` says what was read.
    static func invalid(_ error: any Error, _ document: String) -> Invalid {
        guard let error = error as? DecodingError else {
            return Invalid(description: "\(document) is no YAML: \(error)")
        }
        return Invalid(description: "\(document) is not usable: \(text(of: error))")
    }

    private static func text(of error: DecodingError) -> String {
        // What a type of ours found wrong comes wrapped.
        if case .dataCorrupted(let context) = error, let own = context.underlyingError as? Invalid {
            return own.description
        }
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
            return path.isEmpty ? "at the top" : "at \(path.drop { $0 == "." })"
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(key.stringValue) is missing \(place(context))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return "\(context.debugDescription) \(place(context))"
        @unknown default: return "\(error)"
        }
    }
}
