internal import SecretMemory

/// The parts of an absolute `http` or `https` URL.
struct RequestURL: Sendable {
    var isHTTPS: Bool
    /// Without brackets around an IPv6 address.
    var host: String
    var port: Int
    /// Host and port as in the URL, for the `Host` header.
    var authority: String
    /// Path and query.
    var target: String

    init(_ url: String) throws(TransportError) {
        let rest: Substring
        if url.hasPrefix("https://") {
            isHTTPS = true
            rest = url.dropFirst(8)
        } else if url.hasPrefix("http://") {
            isHTTPS = false
            rest = url.dropFirst(7)
        } else {
            throw TransportError(.request, .final, "the URL is not absolute, with https or http")
        }
        // Bytes throughout: every request comes here, and characters take many times as long.
        let utf8 = rest.utf8
        let end = utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        let authority = utf8[..<(end ?? utf8.endIndex)]
        let path = utf8[(end ?? utf8.endIndex)...].prefix { $0 != UInt8(ascii: "#") }
        target = path.first == UInt8(ascii: "/") ? String(Substring(path)) : "/\(Substring(path))"
        self.authority = String(Substring(authority))
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw TransportError(.request, .final, "the URL has credentials in it")
        }
        port = isHTTPS ? 443 : 80
        let afterBrackets = authority.lastIndex(of: UInt8(ascii: "]")) ?? authority.startIndex
        var host = authority
        if let colon = authority[afterBrackets...].firstIndex(of: UInt8(ascii: ":")) {
            guard let port = UInt16(Substring(authority[authority.index(after: colon)...])), port > 0 else {
                throw TransportError(.request, .final, "the URL has a port that is not between 1 and 65535")
            }
            self.port = Int(port)
            host = authority[..<colon]
        }
        if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw TransportError(.request, .final, "the URL has no host") }
        let name = String(Substring(host))
        self.host = host.contains(where: ASCII.uppercase.contains) ? name.lowercased() : name
    }
}
