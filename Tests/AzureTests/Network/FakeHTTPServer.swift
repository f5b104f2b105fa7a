import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport

/// An HTTP/1.1 server on a loopback port. A test decides its responses.
final class FakeHTTPServer: Sendable {
    struct Received: Sendable {
        /// The number of the connection, counted from 1.
        var connection: Int
        var method: String
        var target: String
        var headers: HTTPHeaders
    }

    enum Reply: Sendable {
        /// Responds with the number of the connection as the body.
        case connectionNumber
        case body(String)
        /// Sends these bytes instead of a response.
        case bytes(String)
        /// The request is kept until `replyToHeld`.
        case hold
        case close
    }

    private struct State {
        var rule: @Sendable (Received) -> Reply
        var requests: [Received] = []
        var held: [Received] = []
        var accepted = 0
        var open: [Int: any Channel] = [:]
        var port = 0
    }

    private let state: Mutex<State>

    private init(_ rule: @escaping @Sendable (Received) -> Reply) {
        state = Mutex(State(rule: rule))
    }

    /// Runs `body` with a server, and stops it afterwards. With a directory with the files `cert` and `key`, it uses
    /// TLS.
    static func with(
        certificateIn directory: TemporaryDirectory? = nil, _ rule: @escaping @Sendable (Received) -> Reply,
        _ body: (FakeHTTPServer) async throws -> Void
    ) async throws {
        let server = FakeHTTPServer(rule)
        let listener = try await server.listen(try directory.map(tls))
        try await body(server)
        try await listener.close().get()
        server.closeAll()
    }

    private static func tls(_ directory: TemporaryDirectory) throws -> NIOSSLContext {
        let certificates = try NIOSSLCertificate.fromPEMFile(directory.file("cert"))
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: certificates.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: directory.file("key"), format: .pem))))
    }

    private func listen(_ tls: NIOSSLContext?) async throws -> any Channel {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.addHandlers(
                        ByteToMessageHandler(HTTPRequestDecoder()), Service(self, self.accept(channel)))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        state.withLock { $0.port = listener.localAddress?.port ?? 0 }
        return listener
    }

    var port: Int { state.withLock { $0.port } }

    var requests: [Received] { state.withLock { $0.requests } }

    /// The number of requests without a response.
    var held: Int { state.withLock { $0.held.count } }

    /// The number of connections so far.
    var accepted: Int { state.withLock { $0.accepted } }

    /// The number of connections that are open.
    var open: Int { state.withLock { $0.open.count } }

    /// Changes the rule, and responds to the requests that the old rule kept.
    func replyToHeld(_ rule: @escaping @Sendable (Received) -> Reply) {
        let held = state.withLock { state in
            state.rule = rule
            defer { state.held = [] }
            return state.held
        }
        for request in held { reply(to: request, rule(request)) }
    }

    /// Sends bytes on all connections.
    func write(_ text: String) {
        for channel in state.withLock({ Array($0.open.values) }) {
            channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
        }
    }

    func closeAll() {
        for channel in state.withLock({ Array($0.open.values) }) { channel.close(promise: nil) }
    }

    private func accept(_ channel: any Channel) -> Int {
        state.withLock { state in
            state.accepted += 1
            state.open[state.accepted] = channel
            return state.accepted
        }
    }

    fileprivate func closed(_ connection: Int) {
        state.withLock { $0.open[connection] = nil }
    }

    fileprivate func receive(_ connection: Int, _ head: HTTPRequestHead) {
        let request = Received(
            connection: connection, method: head.method.rawValue, target: head.uri, headers: head.headers)
        let reply = state.withLock { state in
            state.requests.append(request)
            let reply = state.rule(request)
            if case .hold = reply { state.held.append(request) }
            return reply
        }
        self.reply(to: request, reply)
    }

    private func reply(to request: Received, _ reply: Reply) {
        guard let channel = state.withLock({ $0.open[request.connection] }) else { return }
        let text: String
        switch reply {
        case .connectionNumber: text = Self.response("\(request.connection)")
        case .body(let body): text = Self.response(body)
        case .bytes(let bytes): text = bytes
        case .hold: return
        case .close: return channel.close(promise: nil)
        }
        channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }

    static func response(_ body: String) -> String {
        "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}

private final class Service: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let server: FakeHTTPServer
    private let connection: Int
    private var head: HTTPRequestHead?

    init(_ server: FakeHTTPServer, _ connection: Int) {
        (self.server, self.connection) = (server, connection)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            if let head { server.receive(connection, head) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        server.closed(connection)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
