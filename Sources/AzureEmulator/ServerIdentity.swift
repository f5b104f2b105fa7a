internal import Crypto
internal import Foundation
internal import NIOCore
internal import NIOSSL
internal import SwiftASN1
internal import X509

/// The emulator's own certificate authority and its server certificates, the good one and those that
/// faults ask for. The latter are new at every start; the authority is too, unless there is a state file.
struct ServerIdentity {
    /// What clients must trust.
    let authorityPEM: String
    private let good: Shown
    private let spoilt: [Fault.Kind: Shown]

    /// A certificate and its key, as a handshake needs them.
    private struct Shown: Sendable {
        var certificate: NIOSSLCertificate
        var key: NIOSSLPrivateKey
    }

    /// A certificate authority's key in PEM, and its certificate in DER.
    struct AuthorityKey: Codable, Sendable {
        var key: String
        var certificate: [UInt8]
    }

    static func newAuthority(now: Date) throws -> AuthorityKey {
        let authority = try Authority(now: now)
        return AuthorityKey(key: try authority.key.serializeAsPEM().pemString, certificate: authority.der)
    }

    /// `hosts` may contain wildcards.
    init(hosts: [String], authority key: AuthorityKey, now: Date) throws {
        let authority = try Authority(key)
        authorityPEM = PEMDocument(type: "CERTIFICATE", derBytes: authority.der).pemString + "\n"
        good = try authority.issue(hosts: hosts, now: now)
        spoilt = [
            // Valid for a year from the date it is made.
            .certificateExpired: try authority.issue(hosts: hosts, now: now.addingTimeInterval(-366 * 86_400)),
            .certificateWrongName: try authority.issue(hosts: ["wrong.example"], address: nil, now: now),
            .certificateAddressOnly: try authority.issue(hosts: ["wrong.example"], now: now),
            .certificateUntrusted: try Authority(now: now).issue(hosts: hosts, now: now),
        ]
    }

    /// Shows the good certificate unless `chooseFault`, asked once for each handshake with the name that
    /// the client wants, says otherwise.
    func tls(_ chooseFault: @escaping @Sendable (String?) -> Fault.Kind?) -> TLSConfiguration {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(good.certificate)], privateKey: .privateKey(good.key))
        tls.sslContextCallback = { [spoilt] client, promise in
            var override = NIOSSLContextConfigurationOverride.noChanges
            if let shown = chooseFault(client.serverHostname).flatMap({ spoilt[$0] }) {
                override.certificateChain = [.certificate(shown.certificate)]
                override.privateKey = .privateKey(shown.key)
            }
            promise.succeed(override)
        }
        return tls
    }

    /// Signs server certificates.
    private struct Authority {
        let name: DistinguishedName
        let key: Certificate.PrivateKey
        let der: [UInt8]

        init(_ existing: AuthorityKey) throws {
            key = try Certificate.PrivateKey(pemEncoded: existing.key)
            name = try Certificate(derEncoded: existing.certificate).subject
            der = existing.certificate
        }

        init(now: Date) throws {
            key = Certificate.PrivateKey(P256.Signing.PrivateKey())
            name = try DistinguishedName { CommonName("akv-emulator") }
            der = try CertificateFactory.make(
                subject: name, publicKey: key.publicKey, issuer: name, issuerKey: key, now: now, isAuthority: true,
                names: []
            ).derBytes()
        }

        func issue(hosts: [String], address: ArraySlice<UInt8>? = [127, 0, 0, 1], now: Date) throws -> Shown {
            let serverKey = P256.Signing.PrivateKey()
            var names = hosts.map { GeneralName.dnsName($0) }
            if let address { names.append(.ipAddress(ASN1OctetString(contentBytes: address))) }
            let server = try CertificateFactory.make(
                subject: try DistinguishedName { CommonName("localhost") },
                publicKey: Certificate.PrivateKey(serverKey).publicKey, issuer: name, issuerKey: key, now: now,
                isAuthority: false, names: names)
            return Shown(
                certificate: try NIOSSLCertificate(bytes: server.derBytes(), format: .der),
                key: try NIOSSLPrivateKey(bytes: Array(serverKey.derRepresentation), format: .der))
        }
    }
}
