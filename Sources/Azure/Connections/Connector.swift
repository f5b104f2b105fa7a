internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Opens connections: name resolution, IPv6 and IPv4 in parallel (RFC 8305), the proxy, TLS, and the check of the
/// certificate's name, all within one timeout. It must be used on the engine's event loop only.
struct Connector {
    let eventLoop: any EventLoop
    let resolver: NameResolver
    /// The timeout from the name resolution to the end of the TLS handshake.
    let timeout: Duration

    /// Returns a connection that is ready for its first request, or fails with a `TransportError`. The look-up of the
    /// name counts for the share of `namespace`.
    func connect(_ route: Route, for namespace: String) -> EventLoopFuture<HTTPConnection> {
        let attempt = Attempt(route, eventLoop.makePromise(of: HTTPConnection.self))
        let timer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(timeout)) { attempt.expire() }
        attempt.ready.futureResult.assumeIsolated().whenComplete { _ in timer.cancel() }

        let host = route.proxy?.host ?? route.host
        let port = route.proxy?.port ?? route.port
        let bootstrap = ClientBootstrap(group: eventLoop)
            // The attempt's own timer reports the phase in which it ended.
            .connectTimeout(TimeAmount(timeout) + .seconds(1))
        let channel: EventLoopFuture<any Channel>
        if let address = try? SocketAddress(ipAddress: host, port: port) {
            attempt.phase = .connecting
            channel = bootstrap.connect(to: address)
        } else {
            let lookup = ConnectionLookup(resolver, eventLoop, namespace: namespace) { attempt.phase = .connecting }
            channel = bootstrap.resolver(lookup).connect(host: host, port: port)
        }
        channel.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): attempt.connected(channel)
            case .failure(let error): attempt.fail(TransportError(connecting: error, on: route))
            }
        }
        return attempt.ready.futureResult
    }

    /// Looks up the host of `route` for all connections that wait for it. The look-up counts for the share of `namespace`.
    func resolve(_ route: Route, for namespace: String) {
        let host = route.proxy?.host ?? route.host
        if IPAddress(host) == nil { resolver.resolve(host, for: namespace) { _, _ in } }
    }
}

/// One attempt to open a connection.
private final class Attempt {
    enum Phase {
        case resolving
        case connecting
        case proxy
        case tls
    }

    let route: Route
    let ready: EventLoopPromise<HTTPConnection>
    var phase = Phase.resolving
    private var isOver = false
    private var channel: (any Channel)?

    init(_ route: Route, _ ready: EventLoopPromise<HTTPConnection>) {
        self.route = route
        self.ready = ready
    }

    func connected(_ channel: any Channel) {
        guard !isOver else {
            channel.close(promise: nil)
            return
        }
        self.channel = channel
        do {
            if let proxy = route.proxy, let tls = route.tls {
                phase = .proxy
                let tunnel = ProxyTunnel(proxy, host: route.host, port: route.port) { [self] context, result in
                    switch result {
                    case .success:
                        do { try addProtocol(to: context.channel, tls) } catch {
                            fail(TransportError(classifying: error, on: route, isReady: false))
                        }
                    case .failure(let error): fail(error)
                    }
                }
                try channel.pipeline.syncOperations.addHandler(tunnel)
            } else {
                try addProtocol(to: channel, route.tls)
            }
        } catch {
            fail(TransportError(classifying: error, on: route, isReady: false))
        }
    }

    private func addProtocol(to channel: any Channel, _ tls: Route.TLS?) throws {
        let pipeline = channel.pipeline.syncOperations
        phase = .tls
        var handler: NIOSSLClientHandler?
        if let tls {
            // An address is not a server name; `HTTPConnection` compares it with the certificate.
            let name = IPAddress(tls.name) == nil ? tls.name : nil
            let made = try NIOSSLClientHandler(context: tls.context, serverHostname: name)
            try pipeline.addHandler(made)
            handler = made
        }
        let inner = channel.eventLoop.makePromise(of: HTTPConnection.self)
        inner.futureResult.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(let connection):
                guard !isOver else { return connection.close() }
                isOver = true
                ready.assumeIsolated().succeed(connection)
            case .failure(let error):
                fail(error as? TransportError ?? HTTPConnection.lostConnection(throughProxy: route.proxy != nil))
            }
        }
        try pipeline.addHandlers(
            RequestPassage(), ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)),
            HTTPConnection(route, tls: handler, ready: inner))
    }

    func expire() {
        let through = route.proxy == nil ? "" : "the proxy's "
        switch phase {
        case .resolving:
            fail(
                TransportError(
                    .nameResolution, .timedOut,
                    "\(through.isEmpty ? "the" : through)host \(route.proxy?.host ?? route.host) could not be resolved in time"
                ))
        case .connecting:
            fail(
                TransportError(
                    route.proxy == nil ? .connect : .proxy, .timedOut, "the connection could not be made in time"))
        case .proxy: fail(TransportError(.proxy, .timedOut, "the proxy did not open the connection in time"))
        case .tls: fail(TransportError(.tls, .timedOut, "the TLS handshake took too long"))
        }
    }

    func fail(_ error: TransportError) {
        guard !isOver else { return }
        isOver = true
        ready.fail(error)
        channel?.close(promise: nil)
    }
}
