internal import NIOCore
internal import NIOHTTP1

/// Sends the request when its connection opens, and collects the response.
final class HTTPFetchHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let fetch: HTTPFetch
    private let head: HTTPRequestHead
    private let promise: EventLoopPromise<HTTPFetch.Response>
    private var response = HTTPFetch.Response(status: 0, body: [])
    private var isComplete = false
    private var deadline: Scheduled<Void>?

    init(_ fetch: HTTPFetch, head: HTTPRequestHead, promise: EventLoopPromise<HTTPFetch.Response>) {
        self.fetch = fetch
        self.head = head
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(fetch.timeout)) {
            self.complete(.failure(HTTPFetchError("\(self.fetch.url) did not answer in time")))
            channel.close(promise: nil)
        }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !fetch.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: fetch.body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            response.status = Int(head.status.code)
            response.location = head.headers.first(name: "Location")
        case .body(let bytes):
            guard response.body.count + bytes.readableBytes <= fetch.maximumBodyBytes else {
                complete(
                    .failure(
                        HTTPFetchError("the response of \(fetch.url) has more than \(fetch.maximumBodyBytes) bytes")))
                context.close(promise: nil)
                return
            }
            response.body += bytes.readableBytesView
        case .end:
            complete(.success(response))
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        complete(.failure(error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        completeWithoutResponse()
        context.fireChannelInactive()
    }

    /// A connection that never opened ends without `channelInactive`.
    func handlerRemoved(context: ChannelHandlerContext) { completeWithoutResponse() }

    private func completeWithoutResponse() {
        complete(.failure(HTTPFetchError("\(fetch.url) closed the connection before its response was complete")))
    }

    private func complete(_ result: Result<HTTPFetch.Response, any Error>) {
        guard !isComplete else { return }
        isComplete = true
        deadline?.cancel()
        promise.completeWith(result)
    }
}
