internal import SecretMemory

/// Compares names in certificates with hosts (RFC 6125), as strictly as Go's library: only subject alternative names
/// count, and a wildcard stands for the whole first label.
package enum CertificateName {
    /// Whether the certificate's `name` is equal to `host`, or a wildcard that covers it.
    package static func covers(_ name: String, _ host: String) -> Bool {
        // As bytes. Swift takes texts for equal that only look alike, and makes ASCII letters of others.
        let dot = UInt8(ascii: ".")
        func canonical(_ text: String) -> ArraySlice<UInt8> {
            let bytes = text.utf8.map { ASCII.lowercased($0) }
            return bytes.last == dot ? bytes.dropLast() : bytes[...]
        }
        let (name, host) = (canonical(name), canonical(host))
        if name == host { return !host.isEmpty }
        guard name.starts(with: "*.".utf8), name.dropFirst(2).contains(dot), let end = host.firstIndex(of: dot),
            end != host.startIndex
        else { return false }
        return host[end...] == name.dropFirst()
    }
}
