internal import Foundation

/// An object of a vault: a name and its versions.
struct VaultObject: Sendable, Codable {
    var name: String
    /// Oldest first.
    var versions: [VaultVersion]
    /// A certificate's policy.
    var policy: CertificatePolicy?
    /// A key's rotation policy, as JSON.
    var rotationPolicy: String?
    /// The certificate operation that was started last.
    var operation: CertificateOperation?

    /// Whether the object is the key or the secret of a certificate with the same name.
    var isManaged: Bool {
        switch versions.last?.content {
        case .secret(_, _, let isCertificate): isCertificate
        case .key(let key): key.isCertificate
        default: false
        }
    }

    /// The version with the given id, or the newest one if `id` is empty.
    func version(_ id: String) -> VaultVersion? {
        id.isEmpty ? versions.last : versions.first { $0.id == id }
    }
}

/// One version of an object.
struct VaultVersion: Sendable, Codable {
    enum Content: Sendable, Codable {
        case secret(value: String, contentType: String?, isCertificate: Bool)
        case key(VaultKey)
        case certificate(der: [UInt8], contentType: String)
    }

    var id: String
    var enabled: Bool
    /// Times are in seconds since 1970.
    var created: Int
    /// nil until the version is updated.
    var updated: Int?
    var notBefore: Int?
    var expires: Int?
    var tags: [String: String]
    var content: Content

    /// A new version id: 32 hexadecimal digits, as in Key Vault.
    static func newID() -> String { UUID().uuidString.replacingOccurrences(of: "-", with: "").lowercased() }
}

/// A key and the operations that it permits.
struct VaultKey: Sendable, Codable {
    static let rsaOperations = ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"]
    static let curveOperations = ["sign", "verify"]

    /// The members of the JSON Web Key, without `kid` and `key_ops`.
    var publicJWK: [String: String]
    var operations: [String]
    /// The private half; nil in a state that was written before the emulator had operations that use it.
    var secret: SecretKey?
    /// Whether the key belongs to a certificate.
    var isCertificate = false

    init(
        publicJWK: [String: String], secret: SecretKey?, operations: [String]? = nil, isCertificate: Bool = false
    ) {
        self.publicJWK = publicJWK
        self.secret = secret
        let isRSA = publicJWK["kty"]?.hasPrefix("RSA") == true
        self.operations = operations ?? (isRSA ? Self.rsaOperations : Self.curveOperations)
        self.isCertificate = isCertificate
    }
}

/// The operation that issues a certificate. In the emulator it is complete when the client asks for the first time.
struct CertificateOperation: Sendable, Codable {
    var requestID: String
    /// The certificate signing request, in DER.
    var request: [UInt8]
}

/// A soft-deleted object.
struct DeletedObject: Sendable, Codable {
    static let retentionDays = 90

    var object: VaultObject
    /// The time of the deletion in seconds since 1970.
    var deleted: Int

    /// The time after which Key Vault would purge the object. The emulator keeps it.
    var scheduledPurge: Int { deleted + Self.retentionDays * 86_400 }
}
