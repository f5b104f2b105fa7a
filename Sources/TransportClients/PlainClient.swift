internal import Azure
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Sends requests from a channel handler, over one connection for each request that can be under way. Everything happens
/// on one event loop: the response's handler writes the next request.
final class PlainClient: TransportClient {
    private let load: TransportLoad
    private let check: ResponseCheck
    private let eventLoop: any EventLoop
    private let connections: [NIOLoopBound<PlainConnection>]

    /// Opens all connections.
    init(_ load: TransportLoad, _ check: ResponseCheck, environment: [String: String]) async throws {
        guard let rest = load.url.firstRange(of: "https://")?.upperBound,
            let slash = load.url[rest...].firstIndex(of: "/"),
            let proxy = try ProxySettings(environment: environment).proxy,
            let authority = environment["SSL_CERT_FILE"]
        else { throw TransportClientError("an https URL, HTTPS_PROXY and SSL_CERT_FILE are needed") }
        let host = String(load.url[rest..<slash])
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: String(load.url[slash...]))
        head.headers.add(name: "Host", value: host)
        head.headers.add(name: "User-Agent", value: TransportLoad.userAgent)
        for (name, value) in TransportLoad.headers { head.headers.add(name: name, value: value) }
        head.headers.add(name: "Authorization", value: "Bearer \(load.token)")
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.trustRoots = .file(authority)
        tls.applicationProtocols = ["http/1.1"]

        self.load = load
        self.check = check
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        self.eventLoop = eventLoop
        let factory = PlainConnectionFactory(
            eventLoop: eventLoop, proxy: proxy, host: host, context: try NIOSSLContext(configuration: tls), head: head)
        connections = try await withThrowingTaskGroup { group in
            for _ in 0..<(load.senders * load.batchSize) { group.addTask { try await factory.connection() } }
            var connections: [NIOLoopBound<PlainConnection>] = []
            for try await connection in group { connections.append(connection) }
            return connections
        }
    }

    func send(batches: Int) async throws -> [Duration] {
        guard batches > 0 else { return [] }
        let futures = (0..<load.senders).map { number in
            eventLoop.flatSubmit { [load, check, connections, eventLoop] in
                let first = number * load.batchSize
                let promise = eventLoop.makePromise(of: [Duration].self)
                PlainSender(
                    connections[first..<(first + load.batchSize)].map(\.value), check, batches: batches, promise
                ).sendBatch()
                return promise.futureResult
            }
        }
        return try await EventLoopFuture.whenAllSucceed(futures, on: eventLoop).get().flatMap(\.self)
    }
}

/// Sends batches over its connections, one after another. Used on the event loop only.
private final class PlainSender {
    private let connections: [PlainConnection]
    private let check: ResponseCheck
    private let batches: Int
    private let promise: EventLoopPromise<[Duration]>
    private var durations: [Duration] = []
    private var start = ContinuousClock.now
    private var remaining = 0

    init(
        _ connections: [PlainConnection], _ check: ResponseCheck, batches: Int,
        _ promise: EventLoopPromise<[Duration]>
    ) {
        self.connections = connections
        self.check = check
        self.batches = batches
        self.promise = promise
        durations.reserveCapacity(batches)
    }

    func sendBatch() {
        start = .now
        remaining = connections.count
        for connection in connections {
            connection.send { [self] result in
                do {
                    let (status, body) = try result.get()
                    try body.withUnsafeReadableBytes { try check.accept(status: status, body: $0) }
                } catch {
                    // More errors may follow; the promise keeps the first one.
                    return promise.fail(error)
                }
                remaining -= 1
                if remaining == 0 { endBatch() }
            }
        }
    }

    private func endBatch() {
        durations.append(.now - start)
        if durations.count < batches { sendBatch() } else { promise.succeed(durations) }
    }
}
