/// A call that the emulator receives, in the terms that faults match and the call counter counts.
struct ServiceCall: Sendable {
    /// The moment of a call at which a fault can take effect.
    enum Stage: Sendable {
        /// The client asks the proxy for a tunnel.
        case tunnel
        /// The client opens a TLS connection.
        case handshake
        /// The client sends an HTTP request.
        case request
    }

    var service: EmulatedService
    var stage: Stage
    var method = ""
    /// The URL's path, without slashes at the end. Empty for a tunnel or a handshake.
    var path = ""

    /// The classes in which the call counter counts this call.
    var classes: [String] {
        switch service {
        case .vault(let name):
            let isList = method == "GET" && (path.hasSuffix("/versions") || !path.dropFirst().contains("/"))
            return ["vault", "vault:\(name) \(isList ? "list" : method.lowercased())"]
        case .proxy(let host): return ["proxy", "proxy:\(host)"]
        default: return [service.name]
        }
    }
}
