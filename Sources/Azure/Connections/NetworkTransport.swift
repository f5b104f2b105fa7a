internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// The real network: HTTP/1.1 over keep-alive connections with TLS 1.2 or later, no redirects.
///
/// It can be used from any thread. All its connections belong to one event loop, so a batch of requests needs only one
/// switch to that thread.
package final class NetworkTransport: HTTPTransport {
    /// The network settings of the process, fixed at start.
    package struct Configuration: Sendable {
        package var trustRoots: TrustRoots
        package var proxy: ProxySettings
        package var userAgent: String
        /// The timeout from the look-up of the name to the end of the TLS handshake.
        package var connectTimeout = Duration.seconds(5)
        /// Below the four minutes after which Azure's load balancers drop idle flows.
        package var idleTimeout = Duration.seconds(100)
        package var connectionsPerHost = 50
        /// The name servers' addresses with ports, separated by commas; those of resolv.conf when nil.
        package var nameServers: String?

        package init(trustRoots: TrustRoots, proxy: ProxySettings, userAgent: String) {
            self.trustRoots = trustRoots
            self.proxy = proxy
            self.userAgent = userAgent
        }
    }

    private let configuration: Configuration
    private let contexts: TLSContexts
    private let eventLoop: any EventLoop
    private let engine: NIOLoopBoundBox<ConnectionEngine>
    private let numbers = Atomic<UInt64>(0)

    package let executor: (any TaskExecutor)?

    package init(configuration: Configuration) {
        self.configuration = configuration
        contexts = TLSContexts(configuration.trustRoots)
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        self.eventLoop = eventLoop
        executor = EventLoopExecutor(eventLoop)
        let resolver = NameResolver(servers: configuration.nameServers)
        let connector = Connector(eventLoop: eventLoop, resolver: resolver, timeout: configuration.connectTimeout)
        engine = NIOLoopBoundBox.makeBoxSendingValue(
            ConnectionEngine(
                connector,
                ConnectionEngine.Limits(
                    connectionsPerHost: configuration.connectionsPerHost, idleTimeout: configuration.idleTimeout)),
            eventLoop: eventLoop)
    }

    deinit {
        eventLoop.execute { [engine] in engine.value.retire { _ in false } }
    }

    package func send(_ request: HTTPRequest, timeout: Duration) async throws(TransportError) -> HTTPResponse {
        let reply = Reply()
        let cancel = begin([request], timeout: timeout) { _, result in reply.end(result) }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { reply.wait($0) }
        } onCancel: {
            cancel(nil)
        }
        return try result.get()
    }

    package func begin(
        _ requests: [HTTPRequest], timeout: Duration,
        deliver: @escaping @Sendable (Int, Result<HTTPResponse, TransportError>) -> Void
    ) -> @Sendable (Int?) -> Void {
        var planned: [Planned] = []
        planned.reserveCapacity(requests.count)
        for (index, request) in requests.enumerated() {
            do throws(TransportError) {
                planned.append(try plan(index, request, after: planned.last))
            } catch {
                deliver(index, .failure(error))
            }
        }
        guard !planned.isEmpty else { return { _ in } }
        let number = numbers.add(1, ordering: .relaxed).newValue
        eventLoop.execute { [engine, planned, userAgent = configuration.userAgent] in
            engine.value.begin(number, planned, userAgent: userAgent, timeout: timeout, deliver: deliver)
        }
        return { [eventLoop, engine] index in
            eventLoop.execute { engine.value.cancel(number, index) }
        }
    }

    /// The number of hosts with connections, or with requests that wait for one.
    func hostCount() async throws -> Int {
        try await eventLoop.submit { [engine] in engine.value.hostCount }.get()
    }

    /// Returns the route of `request`. `previous` is the request before it in the batch, nearly always to the same service.
    private func plan(
        _ index: Int, _ request: HTTPRequest, after previous: Planned?
    ) throws(TransportError) -> Planned {
        let url = try RequestURL(request.url)
        guard Exchange.isSafe(request, url) else {
            throw TransportError(.request, .final, "the request has a character that HTTP does not allow")
        }
        if let previous, previous.url.isHTTPS == url.isHTTPS, previous.url.authority == url.authority,
            previous.request.connection == nil, request.connection == nil
        {
            return Planned(index: index, request: request, url: url, route: previous.route)
        }
        // Plain http is only for the node's own services, and special connections stay inside the cluster: neither uses
        // the proxy.
        let isDirect = !url.isHTTPS || request.connection != nil
        var route = Route(
            host: request.connection?.host ?? url.host, port: url.port,
            proxy: isDirect ? nil : configuration.proxy.proxy(forHost: url.host, port: url.port))
        if url.isHTTPS {
            let (context, isNew) = try contexts.context(for: request.connection)
            if isNew { retireOthers() }
            route.tls = Route.TLS(name: url.host, context: context)
        }
        return Planned(index: index, request: request, url: url, route: route)
    }

    /// Retires the connections of earlier TLS contexts. Running requests keep theirs until they end.
    private func retireOthers() {
        eventLoop.execute { [engine, contexts] in
            engine.value.retire { route in route.tls.map { contexts.isCurrent($0.context) } ?? true }
        }
    }
}

/// A request and its route.
struct Planned: Sendable {
    /// The index in its batch.
    var index: Int
    var request: HTTPRequest
    var url: RequestURL
    var route: Route
}

/// The outcome of a request, for the task that waits for it.
private final class Reply: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<Result<HTTPResponse, TransportError>, Never>)
        case ended(Result<HTTPResponse, TransportError>)
    }

    private let state = Mutex(State.empty)

    func end(_ result: Result<HTTPResponse, TransportError>) {
        let continuation = state.withLock {
            state -> CheckedContinuation<Result<HTTPResponse, TransportError>, Never>? in
            defer { state = .ended(result) }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume(returning: result)
    }

    func wait(_ continuation: CheckedContinuation<Result<HTTPResponse, TransportError>, Never>) {
        let result = state.withLock { state -> Result<HTTPResponse, TransportError>? in
            if case .ended(let result) = state { return result }
            state = .waiting(continuation)
            return nil
        }
        if let result { continuation.resume(returning: result) }
    }
}
