internal import Foundation

/// One kind of Key Vault object, by the name of its REST collection.
enum VaultCollection: String, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    case secrets
    case keys
    case certificates

    /// How errors name an object of this kind.
    var singular: String {
        switch self {
        case .secrets: "Secret"
        case .keys: "Key"
        case .certificates: "Certificate"
        }
    }

    /// `deletedsecrets`, `deletedkeys` or `deletedcertificates`.
    var deletedName: String { "deleted\(rawValue)" }

    init?(deletedName: String) {
        guard let found = Self.allCases.first(where: { $0.deletedName == deletedName }) else { return nil }
        self = found
    }
}

/// A version of an object with what its bundle shows beside the attributes.
struct VaultVersion: Sendable, Codable {
    enum Content: Sendable, Codable {
        case secret(value: String, contentType: String?, isCertificate: Bool)
        case key(VaultKey)
        case certificate(der: [UInt8], contentType: String)
    }

    var id: String
    var enabled: Bool
    /// Seconds since 1970.
    var created: Int
    /// The same as `created` until something is changed.
    var updated: Int?
    var notBefore: Int?
    var expires: Int?
    var tags: [String: String]
    var content: Content

    /// 32 hexadecimal digits, as Key Vault names versions.
    static func newID() -> String { UUID().uuidString.replacingOccurrences(of: "-", with: "").lowercased() }
}

/// A key's public half, and what may be done with it.
struct VaultKey: Sendable, Codable {
    static let rsaOperations = ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"]
    static let curveOperations = ["sign", "verify"]

    /// As JSON Web Key, without `kid` and `key_ops`.
    var publicJWK: [String: String]
    var operations: [String]
    /// Whether a certificate owns it.
    var isCertificate = false

    init(publicJWK: [String: String], operations: [String]? = nil, isCertificate: Bool = false) {
        self.publicJWK = publicJWK
        let isRSA = publicJWK["kty"]?.hasPrefix("RSA") == true
        self.operations = operations ?? (isRSA ? Self.rsaOperations : Self.curveOperations)
        self.isCertificate = isCertificate
    }
}

/// An object under its name, its versions oldest first.
struct VaultObject: Sendable, Codable {
    var name: String
    var versions: [VaultVersion]
    /// A certificate's.
    var policy: CertificatePolicy?
    /// A key's, as JSON text.
    var rotationPolicy: String?
    /// The certificate operation that was begun last.
    var operation: CertificateOperation?

    /// Whether a certificate of the same name owns it.
    var isManaged: Bool {
        switch versions.last?.content {
        case .secret(_, _, let isCertificate): isCertificate
        case .key(let key): key.isCertificate
        default: false
        }
    }
}

/// A certificate's making, which is over as soon as somebody asks.
struct CertificateOperation: Sendable, Codable {
    var requestID: String
    /// The certificate signing request, in DER.
    var request: [UInt8]
}

/// A soft-deleted object.
struct DeletedObject: Sendable, Codable {
    static let retentionDays = 90

    var object: VaultObject
    /// Seconds since 1970.
    var deleted: Int

    var scheduledPurge: Int { deleted + Self.retentionDays * 86_400 }
}

/// A vault: what it holds, and who may do what with it.
struct Vault: Sendable, Codable {
    var name: String
    var tenantID: String
    var access: [Seed.Access]
    var objects: [VaultCollection: [String: VaultObject]]
    var deleted: [VaultCollection: [String: DeletedObject]] = [:]
    /// By path, in lower case.
    var bundles: [String: Seed.Bundle]

    func object(_ name: String, _ collection: VaultCollection) -> VaultObject? {
        objects[collection]?[name.lowercased()]
    }

    func deletedObject(_ name: String, _ collection: VaultCollection) -> DeletedObject? {
        deleted[collection]?[name.lowercased()]
    }

    /// Adds a version to an object, which is made if need be.
    mutating func append(_ version: VaultVersion, to name: String, _ collection: VaultCollection) {
        objects[collection, default: [:]][
            name.lowercased(), default: VaultObject(name: name, versions: [])
        ].versions.append(version)
    }

    /// Changes an object that exists.
    mutating func change(_ name: String, _ collection: VaultCollection, _ body: (inout VaultObject) throws -> Void)
        rethrows
    {
        guard var object = object(name, collection) else { return }
        try body(&object)
        objects[collection]?[name.lowercased()] = object
    }

    /// The collections in which an object of that kind has its parts: a certificate is three objects.
    static func parts(of collection: VaultCollection) -> [VaultCollection] {
        collection == .certificates ? [.certificates, .secrets, .keys] : [collection]
    }
}
