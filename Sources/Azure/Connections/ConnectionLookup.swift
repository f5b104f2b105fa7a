internal import NIOCore
internal import NIOPosix

/// The resolver that NIO's connector uses for one host. The connector tries the addresses in the order of RFC 8305.
final class ConnectionLookup: Resolver, Sendable {
    private let resolver: NameResolver
    private let namespace: String
    private let v4: EventLoopPromise<[SocketAddress]>
    private let v6: EventLoopPromise<[SocketAddress]>

    /// Calls `found` on `eventLoop` when the first address is known. The resolver must be used on the same event loop.
    init(_ resolver: NameResolver, _ eventLoop: any EventLoop, namespace: String, found: @escaping () -> Void) {
        self.resolver = resolver
        self.namespace = namespace
        v4 = eventLoop.makePromise()
        v6 = eventLoop.makePromise()
        for promise in [v4, v6] { promise.futureResult.assumeIsolated().whenSuccess { _ in found() } }
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { v4.futureResult }

    /// The addresses that NIO requests first.
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

    /// The look-up continues, because other requests may need it. It has a timeout.
    func cancelQueries() {}
}
