import Foundation

/// The certificate authorities that the user's programs trust without the emulator.
enum TrustedRoots {
    /// The places of the system's certificates on Debian, Fedora, openSUSE and Alpine, and on macOS.
    private static let places = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]

    /// The certificates in PEM: those that SSL_CERT_FILE names, or the system's. Empty if there are none.
    static func pem(session: ShellSession) -> String {
        let chosen = session.original("SSL_CERT_FILE").map { [$0] } ?? []
        for place in chosen + places {
            guard let data = FileManager.default.contents(atPath: place), !data.isEmpty else { continue }
            return String(decoding: data, as: UTF8.self)
        }
        return ""
    }
}
