internal import CProcess
internal import Glibc
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// A small HTTP server for probes and scrapes, with fixed paths, without request bodies, and with plain-text responses.
///
/// It uses SwiftNIO directly. It runs in the agent of every node, where a web framework would need some megabytes of
/// resident memory for two paths.
struct HTTPEndpoint: Service {
    struct Answer: Sendable {
        var status: HTTPResponseStatus
        var text: String
        var contentType = "text/plain; charset=utf-8"
    }

    typealias Route = @Sendable () async -> Answer

    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    /// The maximum number of open connections of an endpoint: enough for a few probes and scrapers, and a margin.
    static let maximumConnections = 64
    /// The number of connections that the kernel completes before the endpoint accepts them. Without this margin, a
    /// probe that arrives together with many others would be turned away and delayed by a second.
    private static let backlog: Int32 = 1024

    /// Accepted connections do not have handlers and do not read until the endpoint serves them. If the endpoint stops
    /// first, they are closed.
    private let listener: NIOAsyncChannel<any Channel, Never>
    private let routes: [String: Route]
    /// The file of a unix socket, which the endpoint removes when it stops; nil for TCP.
    private let socketPath: String?
    private let limits: RequestLimits
    private let connections = OpenConnections(limit: maximumConnections)
    private let logger: Logger

    private init(
        listener: NIOAsyncChannel<any Channel, Never>, socketPath: String? = nil, routes: [String: Route],
        limits: RequestLimits, logger: Logger
    ) {
        self.listener = listener
        self.socketPath = socketPath
        self.routes = routes
        self.limits = limits
        self.logger = logger
    }

    /// Starts to listen immediately, so that a port in use is found before anything is served.
    static func listen(
        host: String, port: Int, routes: [String: Route], limits: RequestLimits = RequestLimits(), logger: Logger
    ) async throws -> HTTPEndpoint {
        do {
            let listener =
                try await bootstrap
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: host, port: port) { channel in channel.eventLoop.makeSucceededFuture(channel) }
            return HTTPEndpoint(listener: listener, routes: routes, limits: limits, logger: logger)
        } catch {
            throw EndpointError(description: "cannot listen on \(host):\(port): \(error)")
        }
    }

    /// Starts to listen immediately on a unix socket that only this process's user can open. An existing socket file
    /// that no process listens on is replaced.
    static func listen(
        unixSocket path: String, routes: [String: Route], limits: RequestLimits = RequestLimits(), logger: Logger
    ) async throws -> HTTPEndpoint {
        let descriptor = unix_socket_listen(path)
        guard descriptor >= 0 else {
            let reason =
                switch -descriptor {
                case EADDRINUSE: "another process is listening there"
                case EEXIST: "the path exists and is not a socket"
                default: String(cString: strerror(-descriptor))
                }
            throw EndpointError(description: "cannot listen on \(path): \(reason)")
        }
        let listener = try await bootstrap.bind(descriptor) { $0.eventLoop.makeSucceededFuture($0) }
        return HTTPEndpoint(listener: listener, socketPath: path, routes: routes, limits: limits, logger: logger)
    }

    private static var bootstrap: ServerBootstrap {
        ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: backlog)
            .childChannelOption(.autoRead, value: false)
    }

    var port: Int { listener.channel.localAddress?.port ?? 0 }

    /// Serves until the task is cancelled, and then returns without an error.
    func run() async throws {
        do {
            try await withThrowingDiscardingTaskGroup { group in
                try await listener.executeThenClose { connections in
                    // Other processes cannot bind the path while this one listens, so the file is this process's own.
                    defer { if let socketPath { unlink(socketPath) } }
                    for try await channel in connections {
                        let number = self.connections.admit(channel)
                        group.addTask { await serve(channel, number) }
                    }
                }
            }
        } catch is CancellationError {}
    }

    private func open(_ channel: any Channel, _ number: UInt64) async throws -> Connection {
        try await channel.eventLoop.submit {
            try limits.install(in: channel.pipeline.syncOperations) { isBusy in
                connections.set(number, isBusy: isBusy)
            }
            let connection = try Connection(wrappingChannelSynchronously: channel)
            // Reading was off until the handlers were in place.
            channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
            return connection
        }.get()
    }

    private func serve(_ channel: any Channel, _ number: UInt64) async {
        do {
            let connection = try await open(channel, number)
            try await connection.executeThenClose { inbound, outbound in
                var head: HTTPRequestHead?
                var isLast = false
                for try await part in inbound {
                    switch part {
                    case .head(let received): head = received
                    case .body: continue
                    case .end:
                        guard let request = head, !isLast else { continue }
                        try await answer(request, outbound)
                        // The last response closes the connection itself when the client has received all of it.
                        head = nil
                        if !request.isKeepAlive { isLast = true }
                    }
                }
            }
        } catch {
            logger.debug("connection ended", metadata: ["error": "\(error)"])
        }
    }

    private func answer(
        _ request: HTTPRequestHead, _ outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    ) async throws {
        let path = String(request.uri.prefix { $0 != "?" })
        let answer = await routes[path]?() ?? Answer(status: .notFound, text: "not found\n")
        let body = ByteBuffer(string: answer.text)
        var head = HTTPResponseHead(version: .http1_1, status: answer.status)
        head.headers.add(name: "Content-Type", value: answer.contentType)
        head.headers.add(name: "Content-Length", value: "\(body.readableBytes)")
        if !request.isKeepAlive { head.headers.add(name: "Connection", value: "close") }
        try await outbound.write(.head(head))
        if request.method != .HEAD { try await outbound.write(.body(.byteBuffer(body))) }
        try await outbound.write(.end(nil))
    }
}

/// The reason why an endpoint cannot be opened.
struct EndpointError: Error, CustomStringConvertible {
    var description: String
}
