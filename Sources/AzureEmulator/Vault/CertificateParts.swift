internal import Foundation
internal import SwiftASN1
internal import X509

/// A certificate as a vault keeps it: three objects of one name and version, itself, its key, and a
/// secret with both.
struct CertificateParts {
    var versions: [(VaultCollection, VaultVersion)]
    var policy: CertificatePolicy

    /// What a seed describes.
    static func make(_ seed: Seed.Certificate, now: Date) throws -> CertificateParts {
        var policy = CertificatePolicy()
        policy.keyProperties = .init(exportable: seed.exportable, kty: seed.type ?? "RSA")
        policy.secretProperties = .init(contentType: seed.contentType)
        policy.x509Properties = .init(subject: seed.subject ?? "CN=\(seed.name)")
        var order = try policy.order()
        order.chainLength = seed.chain ?? 1
        return try make(
            try CertificateFactory.issue(order, now: now), policy, isModern: seed.pkcs12 == "modern", now: now,
            tags: seed.tags ?? [:], isEnabled: seed.enabled ?? true)
    }

    /// Of a key with its chain. `isModern` chooses the PKCS#12 file's encryption.
    static func make(
        _ issued: IssuedCertificate, _ policy: CertificatePolicy, isModern: Bool = false, now: Date,
        tags: [String: String], isEnabled: Bool = true
    ) throws -> CertificateParts {
        let policy = policy.completed()
        let value: String
        if policy.contentType == CertificatePolicy.pem {
            value = (policy.isExportable ? issued.keyPEM : "") + issued.chainPEM
        } else {
            value = Data(try issued.pkcs12(modern: isModern, withKey: policy.isExportable)).base64EncodedString()
        }
        let leaf = try Certificate(derEncoded: issued.chain[0])
        let id = VaultVersion.newID()
        func version(_ content: VaultVersion.Content) -> VaultVersion {
            VaultVersion(
                id: id, enabled: isEnabled, created: Int(now.timeIntervalSince1970),
                notBefore: Int(leaf.notValidBefore.timeIntervalSince1970),
                expires: Int(leaf.notValidAfter.timeIntervalSince1970), tags: tags, content: content)
        }
        let key = VaultKey(publicJWK: issued.publicJWK, isCertificate: true)
        return CertificateParts(
            versions: [
                (.certificates, version(.certificate(der: issued.chain[0], contentType: policy.contentType))),
                (.secrets, version(.secret(value: value, contentType: policy.contentType, isCertificate: true))),
                (.keys, version(.key(key))),
            ], policy: policy)
    }
}

extension CertificateParts {
    /// A new version of a vault's certificate by its policy, and the request that led to it.
    static func issue(
        _ policy: CertificatePolicy, named name: String, in vault: Vault, tags: [String: String],
        isEnabled: Bool = true, now: Date
    ) throws -> (parts: CertificateParts, request: [UInt8]) {
        var order = try policy.order()
        if policy.keyProperties?.reuseKey == true,
            case .secret(let value, CertificatePolicy.pem, _) = vault.object(name, .secrets)?.versions.last?.content
        {
            order.key = try PEMDocument.parseMultiple(pemString: value)
                .first { $0.discriminator == "PRIVATE KEY" }?.pemString
        } else if policy.keyProperties?.reuseKey == true,
            case .secret(let value, _, _) = vault.object(name, .secrets)?.versions.last?.content
        {
            let old = try ImportedCertificate.read(value, password: nil, isPEM: false)
            order.key = PEMDocument(type: "PRIVATE KEY", derBytes: old.keyPKCS8).pemString
        }
        let issued = try CertificateFactory.issue(order, now: now)
        let request = try CertificateSigningRequest(
            version: .v1, subject: try SubjectName.parse(order.subject), privateKey: issued.key,
            attributes: CertificateSigningRequest.Attributes())
        var serializer = DER.Serializer()
        try serializer.serialize(request)
        return (try make(issued, policy, now: now, tags: tags, isEnabled: isEnabled), serializer.serializedBytes)
    }
}

extension CertificatePolicy {
    /// Fills in what an imported certificate says of itself.
    mutating func describe(_ issued: IssuedCertificate) {
        var key = keyProperties ?? KeyProperties()
        key.kty = issued.publicJWK["kty"]
        key.crv = issued.publicJWK["crv"]
        if let modulus = issued.publicJWK["n"].flatMap({ Data(base64URL: $0) }) {
            key.keySize = modulus.drop { $0 == 0 }.count * 8
        }
        keyProperties = key
        secretProperties = SecretProperties(contentType: contentType)
        guard let leaf = issued.chain.first.flatMap({ try? Certificate(derEncoded: $0) }) else { return }
        var x509 = x509Properties ?? X509Properties()
        x509.subject = x509.subject ?? leaf.subject.description
        let days = Int(leaf.notValidAfter.timeIntervalSince(leaf.notValidBefore) / 86_400)
        x509.validityMonths = x509.validityMonths ?? max(1, days * 12 / 365)
        x509Properties = x509
        if issuer == nil { issuer = Issuer(name: "Unknown") }
    }
}
