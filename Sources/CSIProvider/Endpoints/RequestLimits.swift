internal import NIOCore
internal import NIOHTTP1

/// Bounds of one connection: how long a client may take for a request, and how many bytes it may send.
struct RequestLimits: Sendable {
    /// The time from the first byte of a request, or from the connection's start, until the request is complete. A client
    /// that sends a byte from time to time does not extend it.
    var requestTimeout = TimeAmount.seconds(10)
    /// The time from the first byte of a response until the client has taken all of it.
    var responseTimeout = TimeAmount.seconds(30)
    /// The time that a connection may wait for its next request.
    var idleTimeout = TimeAmount.seconds(30)
    /// The bytes of one request, its header and body together.
    var requestBytes = 16 << 10

    /// Adds the handlers to a connection's pipeline.
    func install(
        in pipeline: ChannelPipeline.SynchronousOperations, onChange: @escaping (_ isBusy: Bool) -> Void
    ) throws {
        let guardian = RequestGuard(limits: self)
        try pipeline.addHandler(guardian)
        try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
        try pipeline.addHandler(RequestProgress(guardian: guardian, onChange: onChange))
    }
}

/// Counts a request's bytes before they are parsed, and closes the connection when a bound is exceeded.
private final class RequestGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private enum Phase { case idle, reading, answering, writing }

    private let limits: RequestLimits
    private var context: ChannelHandlerContext?
    private var phase = Phase.idle
    private var received = 0
    private var timer: Scheduled<Void>?

    init(limits: RequestLimits) {
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // A new connection is for a request, so its time starts immediately.
        enter(.reading)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytes
        // Requests that a client sends without waiting for the responses count together.
        guard received <= limits.requestBytes else { return context.close(promise: nil) }
        if phase == .idle { enter(.reading) }
        context.fireChannelRead(data)
    }

    func requestEnded() { enter(.answering) }
    func responseBegan() { enter(.writing) }
    func responseEnded() {
        received = 0
        enter(.idle)
    }

    private func enter(_ phase: Phase) {
        self.phase = phase
        timer?.cancel()
        timer = nil
        let time: TimeAmount
        switch phase {
        case .idle: time = limits.idleTimeout
        case .reading: time = limits.requestTimeout
        // The route has a time limit of its own.
        case .answering: return
        case .writing: time = limits.responseTimeout
        }
        guard let context else { return }
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}

/// Reports to the guard where a request stands, which only the parsed messages show.
private final class RequestProgress: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let guardian: RequestGuard
    private let onChange: (Bool) -> Void
    private var isLastResponse = false

    init(guardian: RequestGuard, onChange: @escaping (Bool) -> Void) {
        self.guardian = guardian
        self.onChange = onChange
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .end = unwrapInboundIn(data) {
            guardian.requestEnded()
            onChange(true)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            guardian.responseBegan()
            isLastResponse = head.headers["Connection"].contains("close")
        case .body: break
        case .end:
            let written = promise ?? context.eventLoop.makePromise()
            let (guardian, onChange) = (
                NIOLoopBound(guardian, eventLoop: context.eventLoop),
                NIOLoopBound(onChange, eventLoop: context.eventLoop)
            )
            let channel = isLastResponse ? context.channel : nil
            written.futureResult.whenSuccess {
                guardian.value.responseEnded()
                onChange.value(false)
                // Not before the last byte is written: closing drops what is not.
                channel?.close(promise: nil)
            }
            return context.write(data, promise: written)
        }
        context.write(data, promise: promise)
    }
}
