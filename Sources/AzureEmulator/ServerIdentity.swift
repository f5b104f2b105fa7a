internal import Crypto
internal import Foundation
internal import NIOSSL
internal import SwiftASN1
internal import X509

/// The emulator's own certificate authority and server certificate, new at every start.
struct ServerIdentity {
    /// What clients must trust.
    let authorityPEM: String
    let tls: TLSConfiguration

    /// `hosts` may contain wildcards.
    init(hosts: [String], now: Date) throws {
        let authorityKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let authorityName = try DistinguishedName { CommonName("akv-emulator") }
        let authority = try CertificateFactory.make(
            subject: authorityName, publicKey: authorityKey.publicKey, issuer: authorityName,
            issuerKey: authorityKey, now: now, isAuthority: true, names: [])
        let serverKey = P256.Signing.PrivateKey()
        var names = hosts.map { GeneralName.dnsName($0) }
        names.append(.ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])))
        let server = try CertificateFactory.make(
            subject: try DistinguishedName { CommonName("localhost") },
            publicKey: Certificate.PrivateKey(serverKey).publicKey, issuer: authorityName, issuerKey: authorityKey,
            now: now, isAuthority: false, names: names)
        authorityPEM = PEMDocument(type: "CERTIFICATE", derBytes: try authority.derBytes()).pemString + "\n"
        tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: server.derBytes(), format: .der))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(serverKey.derRepresentation), format: .der)))
    }
}
