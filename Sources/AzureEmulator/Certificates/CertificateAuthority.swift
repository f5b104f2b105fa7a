internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import X509

/// A certificate authority that signs server certificates.
struct CertificateAuthority {
    /// The authority in the form in which the state file keeps it.
    struct Stored: Codable, Sendable {
        /// The private key in PEM.
        var key: String
        /// The certificate in DER.
        var certificate: [UInt8]
    }

    /// The authority's own certificate, in DER.
    let der: [UInt8]
    private let name: DistinguishedName
    private let key: Certificate.PrivateKey

    /// The certificate that clients must trust, in PEM.
    var pem: String { PEMDocument(type: "CERTIFICATE", derBytes: der).pemString + "\n" }

    init(_ stored: Stored) throws {
        key = try Certificate.PrivateKey(pemEncoded: stored.key)
        name = try Certificate(derEncoded: stored.certificate).subject
        der = stored.certificate
    }

    /// A new authority.
    init(now: Date) throws {
        key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        name = try DistinguishedName { CommonName("akv-emulator") }
        der = try CertificateFactory.sign(
            CertificateFactory.Contents(
                subject: name, publicKey: key.publicKey, issuer: name, issuerKey: key, isAuthority: true),
            now: now
        ).derBytes()
    }

    func stored() throws -> Stored {
        Stored(key: try key.serializeAsPEM().pemString, certificate: der)
    }

    /// Issues a certificate for `hosts`, which may contain wildcards, and for an IP address. Returns the
    /// certificate and its private key, both in DER.
    func issue(
        hosts: [String], address: ArraySlice<UInt8>? = [127, 0, 0, 1], now: Date
    ) throws -> (certificate: [UInt8], key: [UInt8]) {
        let serverKey = P256.Signing.PrivateKey()
        var names = hosts.map { GeneralName.dnsName($0) }
        if let address { names.append(.ipAddress(ASN1OctetString(contentBytes: address))) }
        let server = try CertificateFactory.sign(
            CertificateFactory.Contents(
                subject: try DistinguishedName { CommonName("localhost") },
                publicKey: Certificate.PrivateKey(serverKey).publicKey, issuer: name, issuerKey: key,
                alternativeNames: names),
            now: now)
        return (try server.derBytes(), Array(serverKey.derRepresentation))
    }
}
