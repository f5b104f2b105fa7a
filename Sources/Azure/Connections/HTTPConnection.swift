internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import NIOTLS
internal import SecretMemory

/// One HTTP/1.1 connection: a channel handler that takes one request at a time. It must be used on the engine's event
/// loop only.
///
/// It is ready once TLS is established *and* the server's certificate names the host. So a connection that fails its
/// checks never becomes ready, and no request can get it.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// The owner of the connection. It is notified when a response ends, and once when the connection has closed.
    protocol Owner: AnyObject {
        func connectionIsIdle(_ connection: HTTPConnection)
        func connectionHasClosed(_ connection: HTTPConnection)
    }

    private let route: Route
    private let tls: NIOSSLClientHandler?
    /// Set until the connection is ready or has failed.
    private var ready: EventLoopPromise<HTTPConnection>?
    /// A strong reference until the connection is closed, because requests may wait for it even if its host is not used
    /// any more.
    var owner: (any Owner)?

    private var context: ChannelHandlerContext?
    private var exchange: Exchange?
    private var response: HTTPResponseHead?
    private var body = SecretBytesBuilder(capacity: 0)
    /// Whether the connection has had a response before. If so, bytes that cannot be parsed may have arrived while it was
    /// idle.
    private var isReused = false
    private var isClosed = false
    /// When the last response ended.
    private(set) var idleSince = NIODeadline.distantPast

    init(_ route: Route, tls: NIOSSLClientHandler?, ready: EventLoopPromise<HTTPConnection>) {
        self.route = route
        self.tls = tls
        self.ready = ready
    }

    /// Sends the request of `exchange`. The connection must be idle.
    func send(_ exchange: Exchange) {
        guard let context, !isClosed else {
            return exchange.end(.failure(Self.lostConnection(throughProxy: route.proxy != nil)))
        }
        self.exchange = exchange
        exchange.connection = self
        context.write(wrapOutboundOut(.head(Self.announcement)), promise: nil)
        let bytes = exchange.bytes(in: context.channel.allocator)
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    }

    /// Tells NIO's decoder that a response will arrive; see `RequestPassage`. The decoder treats all methods alike, except
    /// for HEAD and CONNECT.
    private static let announcement = HTTPRequestHead(version: .http1_1, method: .GET, uri: "")

    func close() {
        guard let context, !isClosed else { return }
        // The channel may wait a few seconds for the server's part of the TLS shutdown. Nothing waits for the channel.
        context.channel.close(mode: .all, promise: nil)
        ended(TransportError(.request, .cancelled, "the caller gave up"))
    }

    var isIdle: Bool { !isClosed && exchange == nil }

    // MARK: - Events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if tls == nil, context.channel.isActive { becomeReady() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ended(Self.lostConnection(throughProxy: route.proxy != nil))
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if tls == nil { becomeReady() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { checkCertificate(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let exchange else {
            // No request is running: these bytes could not be distinguished from the response to the next request.
            return close()
        }
        switch unwrapInboundIn(data) {
        case .head(let head):
            response = head
            body = SecretBytesBuilder(capacity: Self.capacity(head, exchange.request))
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= exchange.request.maximumResponseBytes else {
                return exchange.abort(
                    TransportError(
                        .request, .final, "the response is larger than \(exchange.request.maximumResponseBytes) bytes"))
            }
            buffer.withUnsafeReadableBytes { body.append($0) }
        case .end:
            guard let head = response else { return close() }
            finish(exchange, head)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended(Self.lostConnection(throughProxy: route.proxy != nil))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isReused, response == nil, error is HTTPParserError {
            ended(Self.lostConnection(throughProxy: route.proxy != nil))
        }
        // First, because closing takes time with TLS, and no request must get an idle connection that is closing.
        ended(TransportError(classifying: error, on: route, isReady: ready == nil))
        context.close(promise: nil)
    }

    // MARK: - Ends

    private func checkCertificate(_ context: ChannelHandlerContext) {
        guard let name = route.tls?.name else { return }
        guard ServerCertificate.isFor(name, tls?.peerCertificate) else {
            ended(
                TransportError(
                    .tls, .final, "the server's certificate is not for this host: it does not name \(name)"))
            context.close(promise: nil)
            return
        }
        becomeReady()
    }

    private func becomeReady() {
        guard let ready else { return }
        self.ready = nil
        idleSince = .now()
        ready.assumeIsolated().succeed(self)
    }

    private func finish(_ exchange: Exchange, _ head: HTTPResponseHead) {
        let response = HTTPResponse(
            status: Int(head.status.code), headers: head.headers.map { ($0.name, $0.value) }, body: body.finish())
        self.response = nil
        self.exchange = nil
        body = SecretBytesBuilder(capacity: 0)
        isReused = true
        idleSince = .now()
        exchange.connection = nil
        exchange.end(.success(response))
        if head.isKeepAlive, !isClosed, context?.channel.isActive == true {
            owner?.connectionIsIdle(self)
        } else {
            close()
        }
    }

    /// Ends the attempt or the request that waits on the connection.
    private func ended(_ error: TransportError) {
        guard !isClosed else { return }
        isClosed = true
        if let ready {
            self.ready = nil
            ready.fail(error)
        }
        if let exchange {
            self.exchange = nil
            exchange.connection = nil
            exchange.end(.failure(error))
        }
        body = SecretBytesBuilder(capacity: 0)
        owner?.connectionHasClosed(self)
        owner = nil
    }

    /// The size that the server announces, if it is plausible.
    private static func capacity(_ head: HTTPResponseHead, _ request: HTTPRequest) -> Int {
        guard let text = head.headers.first(name: "content-length"), let length = Int(text) else { return 1024 }
        return max(0, min(length, request.maximumResponseBytes, 64 << 10))
    }

    static func lostConnection(throughProxy: Bool) -> TransportError {
        var error = TransportError(
            .request, .transient,
            "the connection \(throughProxy ? "through the proxy " : "")was closed before the response was complete")
        error.isLostConnection = true
        return error
    }
}
