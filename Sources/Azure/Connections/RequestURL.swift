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
        let utf8 = rest.utf8
        let end = utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        let authority = rest[..<(end ?? rest.endIndex)]
        let path = rest[(end ?? rest.endIndex)...].prefix { $0 != "#" }
        target = path.hasPrefix("/") ? String(path) : "/" + path
        self.authority = String(authority)
        guard !authority.utf8.contains(UInt8(ascii: "@")) else {
            throw TransportError(.request, .final, "the URL has credentials in it")
        }
        port = isHTTPS ? 443 : 80
        let afterBrackets = authority.lastIndex(of: "]") ?? authority.startIndex
        var host = authority
        if let colon = authority[afterBrackets...].firstIndex(of: ":") {
            let digits = authority[authority.index(after: colon)...]
            guard let port = UInt16(digits), port > 0 else {
                throw TransportError(.request, .final, "the URL has a port that is not between 1 and 65535")
            }
            self.port = Int(port)
            host = authority[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw TransportError(.request, .final, "the URL has no host") }
        self.host = host.utf8.contains(where: ASCII.uppercase.contains) ? host.lowercased() : String(host)
    }
}
