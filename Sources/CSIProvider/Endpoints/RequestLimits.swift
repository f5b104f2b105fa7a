internal import NIOCore
internal import NIOHTTP1

/// The limits of one connection: the time for each step of a request, and the number of bytes.
struct RequestLimits: Sendable {
    /// The time from the first byte of a request, or from the start of the connection, until the request is complete.
    /// Single bytes sent now and then do not extend it.
    var requestTimeout = TimeAmount.seconds(10)
    /// The time from the first byte of a response until the client has received all of it.
    var responseTimeout = TimeAmount.seconds(30)
    /// The time for which a connection can wait for its next request.
    var idleTimeout = TimeAmount.seconds(30)
    /// The maximum size of one request in bytes, header and body together.
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

/// Counts a request's bytes before they are parsed, and closes the connection when a limit is exceeded.
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
        // A new connection has to send a request, so the time limit starts immediately.
        enter(.reading)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytes
        // Pipelined requests, which a client sends without waiting for responses, count together.
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
        // The route has its own time limit.
        case .answering: return
        case .writing: time = limits.responseTimeout
        }
        guard let context else { return }
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}

/// Reports the state of a request to the guard, which only sees bytes.
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
                // The connection is closed only after the last byte is written, because closing drops pending bytes.
                channel?.close(promise: nil)
            }
            return context.write(data, promise: written)
        }
        context.write(data, promise: promise)
    }
}
