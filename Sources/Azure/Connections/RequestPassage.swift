internal import NIOCore
internal import NIOHTTP1

/// Passes the bytes of requests on.
///
/// `HTTPConnection` encodes a request itself, with all its headers and its body, and sends it as the body of a request
/// without headers. NIO's decoder of responses has to see such a request, because it refuses a response without
/// a request.
final class RequestPassage: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = ByteBuffer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .body(.byteBuffer(let bytes)) = unwrapOutboundIn(data) {
            context.write(wrapOutboundOut(bytes), promise: promise)
        } else {
            promise?.succeed()
        }
    }
}
