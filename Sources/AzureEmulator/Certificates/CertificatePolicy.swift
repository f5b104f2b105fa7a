internal import Foundation
internal import SwiftASN1
internal import X509

/// The policy by which a certificate is issued, in the form of Key Vault's REST API.
struct CertificatePolicy: Sendable, Codable {
    struct KeyProperties: Sendable, Codable {
        var exportable: Bool?
        var kty: String?
        var keySize: Int?
        var crv: String?
        var reuseKey: Bool?

        enum CodingKeys: String, CodingKey {
            case exportable, kty, crv
            case keySize = "key_size"
            case reuseKey = "reuse_key"
        }
    }

    struct SecretProperties: Sendable, Codable {
        var contentType: String?
    }

    struct X509Properties: Sendable, Codable {
        struct AlternativeNames: Sendable, Codable {
            var dnsNames: [String]?
            var emails: [String]?
            var upns: [String]?
            var uris: [String]?
            var ipAddresses: [String]?

            enum CodingKeys: String, CodingKey {
                case emails, upns, uris, ipAddresses
                case dnsNames = "dns_names"
            }
        }

        var subject: String?
        var sans: AlternativeNames?
        var ekus: [String]?
        var keyUsage: [String]?
        var validityMonths: Int?

        enum CodingKeys: String, CodingKey {
            case subject, sans, ekus
            case keyUsage = "key_usage"
            case validityMonths = "validity_months"
        }
    }

    struct LifetimeAction: Sendable, Codable {
        struct Trigger: Sendable, Codable {
            var lifetimePercentage: Int?
            var daysBeforeExpiry: Int?

            enum CodingKeys: String, CodingKey {
                case lifetimePercentage = "lifetime_percentage"
                case daysBeforeExpiry = "days_before_expiry"
            }
        }

        struct Action: Sendable, Codable {
            var actionType: String?

            enum CodingKeys: String, CodingKey {
                case actionType = "action_type"
            }
        }

        var trigger: Trigger?
        var action: Action?
    }

    struct Issuer: Sendable, Codable {
        var name: String?
    }

    var keyProperties: KeyProperties?
    var secretProperties: SecretProperties?
    var x509Properties: X509Properties?
    var lifetimeActions: [LifetimeAction]?
    var issuer: Issuer?

    enum CodingKeys: String, CodingKey {
        case issuer
        case keyProperties = "key_props"
        case secretProperties = "secret_props"
        case x509Properties = "x509_props"
        case lifetimeActions = "lifetime_actions"
    }

    static let pkcs12 = "application/x-pkcs12"
    static let pem = "application/x-pem-file"

    var contentType: String { secretProperties?.contentType ?? Self.pkcs12 }
    var isExportable: Bool { keyProperties?.exportable ?? true }

    /// The policy with Key Vault's defaults for the members that it does not have.
    func withDefaults() -> CertificatePolicy {
        var policy = self
        var key = keyProperties ?? KeyProperties()
        key.exportable = key.exportable ?? true
        key.kty = key.kty ?? "RSA"
        key.reuseKey = key.reuseKey ?? false
        if key.kty?.hasPrefix("RSA") == true { key.keySize = key.keySize ?? 2048 } else { key.crv = key.crv ?? "P-256" }
        policy.keyProperties = key
        policy.secretProperties = SecretProperties(contentType: contentType)
        var x509 = x509Properties ?? X509Properties()
        x509.validityMonths = x509.validityMonths ?? 12
        x509.ekus = x509.ekus ?? ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]
        x509.keyUsage = x509.keyUsage ?? ["digitalSignature", "keyEncipherment"]
        policy.x509Properties = x509
        policy.issuer = Issuer(name: issuer?.name ?? "Self")
        return policy
    }

    /// The policy with the members of `change` in place of its own (JSON Merge Patch, one level deep).
    func merging(_ change: CertificatePolicy) -> CertificatePolicy {
        var policy = self
        policy.keyProperties = change.keyProperties ?? keyProperties
        policy.secretProperties = change.secretProperties ?? secretProperties
        policy.x509Properties = change.x509Properties ?? x509Properties
        policy.lifetimeActions = change.lifetimeActions ?? lifetimeActions
        policy.issuer = change.issuer ?? issuer
        return policy.withDefaults()
    }

    /// The certificate to issue. Throws what Key Vault refuses, and issuers that the emulator does not have.
    func specification() throws -> CertificateFactory.Specification {
        let policy = withDefaults()
        guard policy.issuer?.name == "Self" else {
            throw CertificateInputError(
                "The issuer \(policy.issuer?.name ?? "") does not exist: the emulator only issues self-signed certificates."
            )
        }
        guard [Self.pkcs12, Self.pem].contains(contentType) else {
            throw CertificateInputError("The content type \(contentType) is not supported.")
        }
        let type = (policy.keyProperties?.kty ?? "RSA").replacingOccurrences(of: "-HSM", with: "")
        let curve = policy.keyProperties?.crv ?? "P-256"
        let size = policy.keyProperties?.keySize ?? 2048
        guard type == "RSA" ? JSONWebKey.sizes.contains(size) : type == "EC" && curve != "P-256K" else {
            throw CertificateInputError("No certificate can be made for a key of type \(type), \(curve), \(size).")
        }
        let months = policy.x509Properties?.validityMonths ?? 12
        guard (1...1200).contains(months) else {
            throw CertificateInputError("validity_months must be between 1 and 1200.")
        }
        let names = policy.x509Properties?.sans
        let alternativeNames =
            (names?.dnsNames ?? []).map { GeneralName.dnsName($0) } + (names?.emails ?? []).map { .rfc822Name($0) }
        guard
            let subject = policy.x509Properties?.subject
                ?? (alternativeNames.isEmpty ? nil : "CN=\(names?.dnsNames?.first ?? "")")
        else { throw CertificateInputError("A policy needs a subject or a subject alternative name.") }
        return CertificateFactory.Specification(
            subject: subject, type: type, curve: curve, size: size, alternativeNames: alternativeNames,
            months: months)
    }

    /// Fills in the properties of an imported certificate.
    mutating func describe(_ imported: IssuedCertificate) throws {
        var key = keyProperties ?? KeyProperties()
        key.kty = imported.key.publicJWK["kty"]
        key.crv = imported.key.publicJWK["crv"]
        key.keySize = JSONWebKey.bits(of: imported.key.publicJWK) ?? key.keySize
        keyProperties = key
        secretProperties = SecretProperties(contentType: contentType)
        let leaf = try imported.leaf()
        var x509 = x509Properties ?? X509Properties()
        x509.subject = x509.subject ?? leaf.subject.description
        let days = Int(leaf.notValidAfter.timeIntervalSince(leaf.notValidBefore) / 86_400)
        x509.validityMonths = x509.validityMonths ?? max(1, days * 12 / 365)
        x509Properties = x509
        if issuer == nil { issuer = Issuer(name: "Unknown") }
    }
}
