internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import X509

/// Issues the certificates of vaults and of the emulator's own TLS servers.
enum CertificateFactory {
    /// The properties of a certificate to issue.
    struct Specification {
        /// An X.500 name, such as `CN=shop.example, O=Shop`.
        var subject: String
        /// `RSA` or `EC`.
        var type = "RSA"
        var curve = "P-256"
        var size = 2048
        /// The number of certificates in the chain: the leaf, intermediates, and with more than one the root.
        var chainLength = 1
        var alternativeNames: [GeneralName] = []
        var months = 12
        /// A key to use instead of a new one.
        var key: KeyPair?
    }

    /// The data that a certificate states about its subject, and who signs it.
    struct Contents {
        var subject: DistinguishedName
        var publicKey: Certificate.PublicKey
        var issuer: DistinguishedName
        var issuerKey: Certificate.PrivateKey
        var isAuthority = false
        var alternativeNames: [GeneralName] = []
        var days = 365
    }

    /// Issues a key with its chain. The authorities are new for each chain; a chain of one is self-signed.
    static func issue(_ specification: Specification, now: Date) throws -> IssuedCertificate {
        let key =
            try specification.key
            ?? KeyPair.generate(type: specification.type, curve: specification.curve, size: specification.size)
        let names = ["Emulated Root CA", "Emulated Intermediate CA"]
        var issuer: (name: DistinguishedName, key: Certificate.PrivateKey)?
        var authorities: [[UInt8]] = []
        for name in names.prefix(max(0, specification.chainLength - 1)) {
            let authority = Certificate.PrivateKey(P256.Signing.PrivateKey())
            let subject = try DistinguishedName { CommonName(name) }
            let certificate = try sign(
                Contents(
                    subject: subject, publicKey: authority.publicKey, issuer: issuer?.name ?? subject,
                    issuerKey: issuer?.key ?? authority, isAuthority: true),
                now: now)
            authorities.insert(try certificate.derBytes(), at: 0)
            issuer = (subject, authority)
        }
        let subject = try SubjectName.parse(specification.subject)
        let leaf = try sign(
            Contents(
                subject: subject, publicKey: key.privateKey.publicKey, issuer: issuer?.name ?? subject,
                issuerKey: issuer?.key ?? key.privateKey, alternativeNames: specification.alternativeNames,
                // A month is a twelfth of a year.
                days: specification.months * 365 / 12),
            now: now)
        return IssuedCertificate(key: key, chain: [try leaf.derBytes()] + authorities)
    }

    /// Signs one certificate, valid from an hour ago.
    static func sign(_ contents: Contents, now: Date) throws -> Certificate {
        try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: contents.publicKey,
            notValidBefore: now.addingTimeInterval(-3600),
            notValidAfter: now.addingTimeInterval(TimeInterval(contents.days) * 86_400),
            issuer: contents.issuer,
            subject: contents.subject,
            extensions: Certificate.Extensions {
                if contents.isAuthority {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                } else {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true, keyEncipherment: true))
                    try ExtendedKeyUsage([.serverAuth, .clientAuth])
                }
                SubjectKeyIdentifier(hash: contents.publicKey)
                AuthorityKeyIdentifier(
                    keyIdentifier: SubjectKeyIdentifier(hash: contents.issuerKey.publicKey).keyIdentifier)
                if !contents.alternativeNames.isEmpty { SubjectAlternativeNames(contents.alternativeNames) }
            },
            issuerPrivateKey: contents.issuerKey)
    }
}
