internal import Foundation
internal import NIOCore
internal import NIOSSL

/// The certificates of the emulator's TLS servers: the good one, and those that faults show instead. All
/// except the authority are new at each start.
struct ServerCertificates {
    /// The certificate authority that clients must trust, in PEM.
    let authorityPEM: String
    private let good: Shown
    private let bad: [Fault.Kind: Shown]

    /// A certificate and its key, in the form that a handshake needs.
    private struct Shown: Sendable {
        var certificate: NIOSSLCertificate
        var key: NIOSSLPrivateKey

        init(_ issued: (certificate: [UInt8], key: [UInt8])) throws {
            certificate = try NIOSSLCertificate(bytes: issued.certificate, format: .der)
            key = try NIOSSLPrivateKey(bytes: issued.key, format: .der)
        }
    }

    /// `hosts` may contain wildcards. `now` is the machine's time.
    init(hosts: [String], authority stored: CertificateAuthority.Stored, now: Date) throws {
        let authority = try CertificateAuthority(stored)
        authorityPEM = authority.pem
        good = try Shown(authority.issue(hosts: hosts, now: now))
        // A certificate is valid for a year from the date on which it is issued.
        let longAgo = now.addingTimeInterval(-366 * 86_400)
        bad = [
            .certificateExpired: try Shown(authority.issue(hosts: hosts, now: longAgo)),
            .certificateWrongName: try Shown(authority.issue(hosts: ["wrong.example"], address: nil, now: now)),
            .certificateAddressOnly: try Shown(authority.issue(hosts: ["wrong.example"], now: now)),
            .certificateUntrusted: try Shown(CertificateAuthority(now: now).issue(hosts: hosts, now: now)),
        ]
    }

    /// The servers' TLS configuration. For each handshake it calls `chooseFault` with the server name that
    /// the client sent, and shows the certificate of that fault; the good certificate if it returns nil.
    func tlsConfiguration(_ chooseFault: @escaping @Sendable (String?) -> Fault.Kind?) -> TLSConfiguration {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(good.certificate)], privateKey: .privateKey(good.key))
        tls.sslContextCallback = { [bad] client, promise in
            var override = NIOSSLContextConfigurationOverride.noChanges
            if let shown = chooseFault(client.serverHostname).flatMap({ bad[$0] }) {
                override.certificateChain = [.certificate(shown.certificate)]
                override.privateKey = .privateKey(shown.key)
            }
            promise.succeed(override)
        }
        return tls
    }
}
