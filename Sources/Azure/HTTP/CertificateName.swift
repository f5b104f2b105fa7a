/// Compares names in certificates with hosts (RFC 6125), as strictly as Go's library: only subject alternative names
/// count, and a wildcard stands for the whole first label.
package enum CertificateName {
    /// Whether the certificate's `name` is equal to `host`, or a wildcard that covers it.
    package static func covers(_ name: String, _ host: String) -> Bool {
        func canonical(_ text: some StringProtocol) -> String {
            let text = text.lowercased()
            return text.hasSuffix(".") ? String(text.dropLast()) : text
        }
        let (name, host) = (canonical(name), canonical(host))
        if name == host { return !host.isEmpty }
        guard name.hasPrefix("*."), name.dropFirst(2).contains("."), let dot = host.firstIndex(of: "."),
            dot != host.startIndex
        else { return false }
        return host[dot...] == name.dropFirst()
    }
}
