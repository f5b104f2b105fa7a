internal import NIOSSL

/// The check that a server's certificate is for the requested host.
enum ServerCertificate {
    /// Whether the certificate names `host`, a DNS name or an address, among its subject alternative names.
    ///
    /// The TLS library also accepts a certificate that names only the *address* of the peer (the proxy's address if a
    /// proxy is used), whatever the requested host is. Public authorities issue certificates for addresses, so without
    /// this check an attacker who controls the name service could impersonate a vault.
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
