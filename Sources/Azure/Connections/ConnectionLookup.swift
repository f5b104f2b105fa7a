internal import NIOCore
internal import NIOPosix

/// What NIO's connector asks for the addresses of one host. It tries them as RFC 8305 says.
final class ConnectionLookup: Resolver, Sendable {
    private let resolver: NameResolver
    private let namespace: String
    private let v4: EventLoopPromise<[SocketAddress]>
    private let v6: EventLoopPromise<[SocketAddress]>

    /// `found` is called on `eventLoop`, the one that this is used on, when there is the first address.
    init(_ resolver: NameResolver, _ eventLoop: any EventLoop, namespace: String, found: @escaping () -> Void) {
        self.resolver = resolver
        self.namespace = namespace
        v4 = eventLoop.makePromise()
        v6 = eventLoop.makePromise()
        for promise in [v4, v6] { promise.futureResult.assumeIsolated().whenSuccess { _ in found() } }
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { v4.futureResult }

    /// NIO asks for these addresses first.
    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        resolver.resolve(host, for: namespace) { [v4, v6] family, result in
            let promise = family == .v4 ? v4 : v6
            promise.completeWith(
                Result {
                    try result.get().map { try SocketAddress(packedIPAddress: ByteBuffer(bytes: $0), port: port) }
                })
        }
        return v6.futureResult
    }

    /// The look-up goes on: it may serve others, and it is bounded.
    func cancelQueries() {}
}
