internal import NIOSSL

/// The way to a service: requests with the same route share connections.
struct Route: Sendable, Hashable {
    /// Whom the connection is made to, unless there is a proxy.
    var host: String
    var port: Int
    var proxy: ProxySettings.Proxy?
    var tls: TLS?

    /// How the server proves who it is.
    struct TLS: Sendable, Hashable {
        /// The host that the certificate must name.
        var name: String
        /// With the trusted authorities. Another one makes another route, so that no request uses a connection that was
        /// made with authorities that are not trusted any more.
        var context: NIOSSLContext
        /// Which contexts are the same.
        var identity: ObjectIdentifier { ObjectIdentifier(context) }

        static func == (a: TLS, b: TLS) -> Bool { a.identity == b.identity && a.name == b.name }

        func hash(into hasher: inout Hasher) {
            hasher.combine(identity)
            hasher.combine(name)
        }
    }
}
