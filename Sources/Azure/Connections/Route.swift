internal import NIOSSL

/// The route to a service. Requests with the same route share connections.
struct Route: Sendable, Hashable {
    /// The host that the connection is opened to, unless a proxy is used.
    var host: String
    var port: Int
    var proxy: ProxySettings.Proxy?
    var tls: TLS?

    /// How the server's identity is checked.
    struct TLS: Sendable, Hashable {
        /// The host that the certificate must name.
        var name: String
        /// The TLS context with the trusted authorities. A different context makes a different route, so that no request uses
        /// a connection whose authorities are not trusted any more.
        var context: NIOSSLContext
        /// The identity of the context, for comparisons.
        var identity: ObjectIdentifier { ObjectIdentifier(context) }

        static func == (a: TLS, b: TLS) -> Bool { a.identity == b.identity && a.name == b.name }

        func hash(into hasher: inout Hasher) {
            hasher.combine(identity)
            hasher.combine(name)
        }
    }
}
