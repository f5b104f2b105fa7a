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
        // Every request comes here, so it reads a buffer of bytes: characters take many times as long.
        var url = url
        let parts = url.withUTF8 { bytes in
            Result { () throws(TransportError) in try RequestURL(bytes) }
        }
        self = try parts.get()
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>) throws(TransportError) {
        let rest: Slice<UnsafeBufferPointer<UInt8>>
        if bytes.starts(with: "https://".utf8) {
            isHTTPS = true
            rest = bytes.dropFirst(8)
        } else if bytes.starts(with: "http://".utf8) {
            isHTTPS = false
            rest = bytes.dropFirst(7)
        } else {
            throw TransportError(.request, .final, "the URL is not absolute, with https or http")
        }
        func text(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String { String(decoding: bytes, as: UTF8.self) }
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        let authority = rest[..<(end ?? rest.endIndex)]
        let path = rest[(end ?? rest.endIndex)...].prefix { $0 != UInt8(ascii: "#") }
        target = path.first == UInt8(ascii: "/") ? text(path) : "/\(text(path))"
        self.authority = text(authority)
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw TransportError(.request, .final, "the URL has credentials in it")
        }
        port = isHTTPS ? 443 : 80
        let afterBrackets = authority.lastIndex(of: UInt8(ascii: "]")) ?? authority.startIndex
        var host = authority
        if let colon = authority[afterBrackets...].firstIndex(of: UInt8(ascii: ":")) {
            guard let port = UInt16(text(authority[authority.index(after: colon)...])), port > 0 else {
                throw TransportError(.request, .final, "the URL has a port that is not between 1 and 65535")
            }
            self.port = Int(port)
            host = authority[..<colon]
        }
        if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw TransportError(.request, .final, "the URL has no host") }
        let name = text(host)
        self.host = host.contains(where: ASCII.uppercase.contains) ? name.lowercased() : name
    }
}
