internal import Foundation
internal import Synchronization

/// One kind of Key Vault object, by the name of its REST collection.
enum VaultCollection: String, Sendable {
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
}

/// A version of an object with what its bundle shows beside the attributes.
struct VaultVersion: Sendable {
    enum Content: Sendable {
        case secret(value: String, contentType: String?, isCertificate: Bool)
        case key([String: String])
        case certificate(der: [UInt8], contentType: String)
    }

    var id: String
    var enabled: Bool
    /// Seconds since 1970.
    var created: Int
    var expires: Int?
    var notBefore: Int?
    var tags: [String: String]
    var content: Content

    /// It is kept beside a certificate, which ends when it does.
    var isManaged = false

    /// 32 hexadecimal digits, as Key Vault names versions.
    static func newID() -> String { UUID().uuidString.replacingOccurrences(of: "-", with: "").lowercased() }
}

/// An object under its name, its versions oldest first.
struct VaultObject: Sendable {
    var name: String
    var versions: [VaultVersion]
}

/// What the vaults hold, and who may read it.
final class VaultStore: Sendable {
    struct Vault: Sendable {
        var name: String
        var tenantID: String
        var access: [Seed.Access]
        var objects: [VaultCollection: [String: VaultObject]]
        /// By path, in lower case.
        var bundles: [String: Seed.Bundle]
    }

    private let vaults: Mutex<[String: Vault]>

    init(seed: Seed, clock: EmulatorClock) throws {
        var vaults: [String: Vault] = [:]
        for vault in seed.vaults ?? [] { vaults[vault.name.lowercased()] = try Self.make(vault, clock) }
        self.vaults = Mutex(vaults)
    }

    func vault(_ name: String) -> Vault? {
        vaults.withLock { $0[name.lowercased()] }
    }

    func object(_ name: String, _ collection: VaultCollection, in vault: String) -> VaultObject? {
        self.vault(vault)?.objects[collection]?[name.lowercased()]
    }

    /// Adds a version to a secret, made if need be; nil if there is no such vault.
    func setSecret(_ name: String, in vault: String, value: String, contentType: String?, now: Int) -> VaultVersion? {
        vaults.withLock { vaults in
            guard vaults[vault.lowercased()] != nil else { return nil }
            let version = VaultVersion(
                id: VaultVersion.newID(), enabled: true, created: now, tags: [:],
                content: .secret(value: value, contentType: contentType, isCertificate: false))
            vaults[vault.lowercased()]?.objects[.secrets, default: [:]][
                name.lowercased(), default: VaultObject(name: name, versions: [])
            ].versions.append(version)
            return version
        }
    }

    // MARK: - From the seed

    private static func make(_ seed: Seed.Vault, _ clock: EmulatorClock) throws -> Vault {
        var objects: [VaultCollection: [String: VaultObject]] = [:]
        func add(_ name: String, _ collection: VaultCollection, _ versions: [VaultVersion]) throws {
            guard objects[collection]?[name.lowercased()] == nil else {
                throw Seed.Invalid(description: "vault \(seed.name) has two \(collection.rawValue) called \(name)")
            }
            objects[collection, default: [:]][name.lowercased()] = VaultObject(name: name, versions: versions)
        }
        for secret in seed.secrets ?? [] { try add(secret.name, .secrets, versions(of: secret, clock)) }
        for key in seed.keys ?? [] {
            let (_, _, jwk) = try CertificateFactory.makeKey(
                type: key.type, curve: key.curve ?? "P-256", size: key.size ?? 2048)
            let version = VaultVersion(
                id: VaultVersion.newID(), enabled: key.enabled ?? true, created: clock.seconds, tags: [:],
                content: .key(jwk))
            try add(key.name, .keys, [version])
        }
        for certificate in seed.certificates ?? [] {
            let (own, secret, key) = try versions(of: certificate, clock)
            try add(certificate.name, .certificates, [own])
            try add(certificate.name, .secrets, [secret])
            try add(certificate.name, .keys, [key])
        }
        var bundles: [String: Seed.Bundle] = [:]
        for bundle in seed.bundles ?? [] { bundles[bundle.path.lowercased()] = bundle }
        return Vault(
            name: seed.name, tenantID: seed.tenantID, access: seed.access ?? [], objects: objects, bundles: bundles)
    }

    private static func versions(of seed: Seed.Secret, _ clock: EmulatorClock) throws -> [VaultVersion] {
        var history = seed.versions ?? []
        if let value = seed.value {
            history.append(Seed.SecretVersion(value: value, enabled: seed.enabled))
        }
        guard !history.isEmpty else { throw Seed.Invalid(description: "secret \(seed.name) has no value") }
        return history.enumerated().map { index, version in
            VaultVersion(
                id: version.id ?? VaultVersion.newID(), enabled: version.enabled ?? true,
                created: version.created ?? clock.seconds - (history.count - 1 - index) * 60, expires: seed.expires,
                notBefore: seed.notBefore, tags: seed.tags ?? [:],
                content: .secret(value: version.value, contentType: seed.contentType, isCertificate: false))
        }
    }

    /// A certificate is three objects of one name and version: itself, its key, and a secret with both.
    private static func versions(
        of seed: Seed.Certificate, _ clock: EmulatorClock
    ) throws -> (certificate: VaultVersion, secret: VaultVersion, key: VaultVersion) {
        let issued = try CertificateFactory.issue(
            subject: seed.subject ?? "CN=\(seed.name)", type: seed.type ?? "RSA", chainLength: seed.chain ?? 1,
            now: clock.now)
        let contentType = seed.contentType ?? "application/x-pkcs12"
        let isExportable = seed.exportable ?? true
        let value: String
        if contentType == "application/x-pem-file" {
            value = (isExportable ? issued.keyPEM : "") + issued.chainPEM
        } else {
            value = Data(try issued.pkcs12(modern: seed.pkcs12 == "modern", withKey: isExportable))
                .base64EncodedString()
        }
        func version(_ content: VaultVersion.Content, isManaged: Bool = false) -> VaultVersion {
            VaultVersion(
                id: id, enabled: true, created: clock.seconds, expires: clock.seconds + 365 * 86_400,
                notBefore: clock.seconds - 3600, tags: seed.tags ?? [:], content: content, isManaged: isManaged)
        }
        let id = VaultVersion.newID()
        return (
            version(.certificate(der: issued.chain[0], contentType: contentType)),
            version(.secret(value: value, contentType: contentType, isCertificate: true), isManaged: true),
            version(.key(issued.publicJWK), isManaged: true)
        )
    }
}
