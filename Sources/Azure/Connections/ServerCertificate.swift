internal import NIOSSL

/// Whom a server's certificate is for.
enum ServerCertificate {
    /// Whether the certificate names `host`, a DNS name or an address, among its subject alternative names.
    ///
    /// The TLS library is also content with a certificate that names the *address* of the peer, which is the proxy's if
    /// there is one, whatever host was asked for. Certificates for addresses can be had from public authorities, so
    /// without this, an attacker who controls the name service could stand in for a vault.
    static func isFor(_ host: String, _ certificate: NIOSSLCertificate?) -> Bool {
        guard let certificate else { return false }
        let address = IPAddress(host)
        return certificate._subjectAlternativeNames().contains { name in
            switch name.nameType {
            case .dnsName where address == nil:
                CertificateName.covers(String(decoding: name.contents, as: UTF8.self), host)
            case .ipAddress: address?.bytes == Array(name.contents)
            default: false
            }
        }
    }
}
