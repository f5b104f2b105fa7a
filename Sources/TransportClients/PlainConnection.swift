internal import Azure
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// One connection of the plain client: it writes the same request each time and collects the response. Used on the event
/// loop only.
final class PlainConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart
    typealias Result = Swift.Result<(status: Int, body: ByteBuffer), any Error>

    private let head: HTTPRequestHead
    private var context: ChannelHandlerContext?
    private var status = 0
    private var body = ByteBuffer()
    private var finish: ((Result) -> Void)?

    init(_ head: HTTPRequestHead) {
        self.head = head
    }

    /// Sends the request. No other request may be under way on this connection.
    func send(_ finish: @escaping (Result) -> Void) {
        guard let context else { return finish(.failure(ChannelError.ioOnClosedChannel)) }
        self.finish = finish
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            status = Int(head.status.code)
            body.clear()
        case .body(var buffer): body.writeBuffer(&buffer)
        case .end: end(.success((status, body)))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(ChannelError.inputClosed))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.failure(error))
        context.close(promise: nil)
    }

    private func end(_ result: Result) {
        let finish = finish
        self.finish = nil
        finish?(result)
    }
}

/// Opens connections through an HTTP proxy.
struct PlainConnectionFactory: Sendable {
    let eventLoop: any EventLoop
    let proxy: ProxySettings.Proxy
    let host: String
    let context: NIOSSLContext
    let head: HTTPRequestHead

    /// A connection whose proxy has reached the host. Its first request waits for the TLS handshake.
    func connection() async throws -> NIOLoopBound<PlainConnection> {
        let (connection, tunnel) = try await ClientBootstrap(group: eventLoop)
            .connect(host: proxy.host, port: proxy.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = PlainConnection(head)
                    let promise = channel.eventLoop.makePromise(of: Void.self)
                    let tunnel = PlainTunnel(to: "\(host):443", promise) { pipeline in
                        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: host))
                        try pipeline.addHTTPClientHandlers()
                        try pipeline.addHandler(connection)
                    }
                    try channel.pipeline.syncOperations.addHandler(tunnel)
                    return (NIOLoopBound(connection, eventLoop: channel.eventLoop), promise.futureResult)
                }
            }
        try await tunnel.get()
        return connection
    }
}

/// Asks a proxy for a tunnel, leaves the pipeline and adds the handlers for the tunnel.
private final class PlainTunnel: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let target: String
    private let promise: EventLoopPromise<Void>
    private let addHandlers: (ChannelPipeline.SynchronousOperations) throws -> Void
    private var received = ByteBuffer()

    init(
        to target: String, _ promise: EventLoopPromise<Void>,
        addHandlers: @escaping (ChannelPipeline.SynchronousOperations) throws -> Void
    ) {
        self.target = target
        self.promise = promise
        self.addHandlers = addHandlers
    }

    func channelActive(context: ChannelHandlerContext) {
        let request = "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n\r\n"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        received.writeBuffer(&buffer)
        let head = String(buffer: received)
        guard head.hasSuffix("\r\n\r\n") else { return }
        guard head.hasPrefix("HTTP/1.1 200 ") else {
            return errorCaught(context: context, error: TransportClientError("the proxy answered: \(head)"))
        }
        let pipeline = context.pipeline.syncOperations
        pipeline.removeHandler(context: context).assumeIsolated().whenComplete { [self] result in
            promise.completeWith(result.flatMap { _ in Result { try addHandlers(pipeline) } })
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ChannelError.inputClosed)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }
}
