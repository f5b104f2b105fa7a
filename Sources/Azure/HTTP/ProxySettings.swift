internal import SecretMemory

/// Chooses the proxy of a request from `HTTPS_PROXY` and `NO_PROXY`, with the rules of Go's net/http.
package struct ProxySettings: Sendable, Equatable {
    /// An HTTP proxy, and the credentials for it.
    package struct Proxy: Sendable, Hashable {
        package var host: String
        package var port: Int
        /// The text `user:password`, or `user:` without a password; nil if the URL does not contain a user.
        package var credentials: String?
    }

    private enum Exception: Sendable, Equatable {
        case everything
        case network(IPNetwork, port: Int?)
        /// A domain. `suffix` begins with a dot. The domain itself matches too, unless the setting begins with a dot.
        case domain(suffix: String, includesItself: Bool, port: Int?)
    }

    package var proxy: Proxy?
    private var exceptions: [Exception] = []

    package static let none = ProxySettings()

    private init() {}

    package init(environment: [String: String]) throws(ProxySettingsError) {
        func variable(_ name: String) -> String {
            if let value = environment[name], !value.isEmpty { return value }
            return environment[name.lowercased()] ?? ""
        }
        let text = variable("HTTPS_PROXY")
        guard !text.isEmpty else { return }
        proxy = try Self.parse(text)
        exceptions = variable("NO_PROXY").split { $0 == "," || $0 == " " }.compactMap { Self.exception(String($0)) }
    }

    /// Returns the proxy for a request to `host`, or nil for a direct connection. This machine itself never uses a
    /// proxy.
    package func proxy(forHost host: String, port: Int) -> Proxy? {
        guard let proxy else { return nil }
        let host = host.lowercased()
        let address = IPAddress(host)
        if host == "localhost" || address?.isLoopback == true { return nil }
        let isExcepted = exceptions.contains { exception in
            switch exception {
            case .everything: return true
            case .network(let network, let only):
                guard let address else { return false }
                return network.contains(address) && (only ?? port) == port
            case .domain(let suffix, let includesItself, let only):
                let matches = host.hasSuffix(suffix) || (includesItself && host == suffix.dropFirst())
                return matches && (only ?? port) == port
            }
        }
        return isExcepted ? nil : proxy
    }

    private static func parse(_ text: String) throws(ProxySettingsError) -> Proxy {
        var rest = text[...]
        if let scheme = rest.firstRange(of: "://") {
            guard rest[..<scheme.lowerBound].lowercased() == "http" else {
                throw ProxySettingsError(
                    description: "HTTPS_PROXY has the scheme \(rest[..<scheme.lowerBound]), only http is supported")
            }
            rest = rest[scheme.upperBound...]
        }
        rest = rest.prefix { $0 != "/" }
        var credentials: String?
        if let at = rest.lastIndex(of: "@") {
            // Basic authentication separates an empty password too (RFC 7617, section 2).
            let userInformation = rest[..<at]
            credentials = percentDecoded(userInformation) + (userInformation.contains(":") ? "" : ":")
            rest = rest[rest.index(after: at)...]
        }
        let (host, port) = try hostAndPort(rest)
        guard !host.isEmpty, host.utf8.allSatisfy({ ASCII.visible.contains($0) }) else {
            throw ProxySettingsError(description: "HTTPS_PROXY does not name a host")
        }
        return Proxy(host: host, port: port ?? 80, credentials: credentials)
    }

    /// Parses `host:port`, `[v6]:port`, a bare IPv6 address, or a host. The text after a colon must be a valid port
    /// number.
    private static func hostAndPort(_ text: Substring) throws(ProxySettingsError) -> (String, Int?) {
        if IPAddress(String(text)) != nil { return (String(text), nil) }
        let end = (text.first == "[" ? text.firstIndex(of: "]").map(text.index(after:)) : nil) ?? text.startIndex
        let colon = text[end...].firstIndex(of: ":")
        let host = text[..<(colon ?? text.endIndex)]
        let name = host.first == "[" && host.last == "]" ? host.dropFirst().dropLast() : host
        guard !name.contains(where: { "[]".contains($0) }) else {
            throw ProxySettingsError(description: "HTTPS_PROXY does not name a host")
        }
        guard let colon else { return (String(name), nil) }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ ASCII.digits.contains($0) }), let port = UInt16(digits), port > 0 else {
            throw ProxySettingsError(description: "HTTPS_PROXY has a port that is not between 1 and 65535")
        }
        return (String(name), Int(port))
    }

    private static func exception(_ text: String) -> Exception? {
        let text = text.lowercased()
        if text == "*" { return .everything }
        if let network = IPNetwork(text) { return .network(network, port: nil) }
        var (host, port) = splitPort(text)
        if let address = IPAddress(host) { return .network(IPNetwork(address), port: port) }
        if host.hasPrefix("*.") { host.removeFirst() }
        guard !host.isEmpty else { return nil }
        return host.hasPrefix(".")
            ? .domain(suffix: host, includesItself: false, port: port)
            : .domain(suffix: ".\(host)", includesItself: true, port: port)
    }

    /// Splits `host:port`, `[v6]:port`, or a host without a port.
    private static func splitPort(_ text: String) -> (String, Int?) {
        if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
            let host = String(text[text.index(after: text.startIndex)..<close])
            return (host, Int(text[text.index(after: close)...].drop { $0 == ":" }))
        }
        guard let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon,
            let port = Int(text[text.index(after: colon)...])
        else { return (text, nil) }
        return (String(text[..<colon]), port)
    }

    private static func percentDecoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Names the invalid environment variable and the reason.
package struct ProxySettingsError: Error, CustomStringConvertible {
    package var description: String
}
