internal import Foundation
internal import SwiftASN1
internal import X509

/// One version of a certificate as a vault keeps it: the certificate itself, its key, and a secret with
/// both, all with the same name and version id.
struct CertificateParts {
    /// The properties of the version that do not come from the certificate.
    struct Properties {
        var policy: CertificatePolicy
        /// The encryption of the secret's value if it is a PKCS#12 file.
        var pkcs12 = IssuedCertificate.PKCS12Style.keyVault
        var tags: [String: String] = [:]
        var isEnabled = true
    }

    var versions: [(collection: VaultCollection, version: VaultVersion)]
    var policy: CertificatePolicy

    /// The id that the versions share.
    var id: String { versions[0].version.id }

    /// The parts for a key and its chain.
    init(_ issued: IssuedCertificate, _ properties: Properties, now: Date) throws {
        let policy = properties.policy.withDefaults()
        let value: String
        if policy.contentType == CertificatePolicy.pem {
            value = (policy.isExportable ? issued.key.pem : "") + issued.chainPEM
        } else {
            let file = try issued.pkcs12(style: properties.pkcs12, withKey: policy.isExportable)
            value = Data(file).base64EncodedString()
        }
        let leaf = try issued.leaf()
        let id = VaultVersion.newID()
        func version(_ content: VaultVersion.Content) -> VaultVersion {
            VaultVersion(
                id: id, enabled: properties.isEnabled, created: Int(now.timeIntervalSince1970),
                notBefore: Int(leaf.notValidBefore.timeIntervalSince1970),
                expires: Int(leaf.notValidAfter.timeIntervalSince1970), tags: properties.tags, content: content)
        }
        self.policy = policy
        versions = [
            (.certificates, version(.certificate(der: issued.chain[0], contentType: policy.contentType))),
            (.secrets, version(.secret(value: value, contentType: policy.contentType, isCertificate: true))),
            (
                .keys,
                version(
                    .key(
                        VaultKey(
                            publicJWK: issued.key.publicJWK, secret: SecretKey(pkcs8: issued.key.pkcs8),
                            isCertificate: true)))
            ),
        ]
    }

    /// Issues a new version of a vault's certificate by its policy. Returns it with the certificate signing
    /// request, in DER.
    static func issue(
        _ properties: Properties, named name: String, in vault: Vault, now: Date
    ) throws -> (parts: CertificateParts, request: [UInt8]) {
        var specification = try properties.policy.specification()
        if properties.policy.keyProperties?.reuseKey == true,
            case .secret(let value, let contentType, _) = vault.object(name, .secrets)?.versions.last?.content
        {
            specification.key = try key(in: value, isPEM: contentType == CertificatePolicy.pem)
        }
        let issued = try CertificateFactory.issue(specification, now: now)
        let request = try CertificateSigningRequest(
            version: .v1, subject: try SubjectName.parse(specification.subject), privateKey: issued.key.privateKey,
            attributes: CertificateSigningRequest.Attributes())
        var serializer = DER.Serializer()
        try serializer.serialize(request)
        return (try CertificateParts(issued, properties, now: now), serializer.serializedBytes)
    }

    /// The private key in the value of a certificate's secret; nil if PEM does not contain one.
    private static func key(in value: String, isPEM: Bool) throws -> KeyPair? {
        guard isPEM else { return try ImportedCertificate.read(value, password: nil, isPEM: false).key }
        return try PEMDocument.parseMultiple(pemString: value).first { $0.discriminator == "PRIVATE KEY" }
            .map { try KeyPair($0) }
    }
}
