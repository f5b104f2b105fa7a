internal import NIOCore
internal import SecretMemory

/// Asks an HTTP proxy for a connection to a host (CONNECT; RFC 9110, section 9.3.6), and leaves the pipeline once there
/// is one.
final class ProxyTunnel: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The maximum size of a proxy's response. Its body, if it has one, is not read.
    private static let maximumBytes = 64 << 10

    private let request: String
    private var finish: ((ChannelHandlerContext, Result<Void, TransportError>) -> Void)?
    private var received = ByteBuffer()

    /// `finish` is called once, with the handler out of the pipeline if the proxy has opened the connection.
    init(
        _ proxy: ProxySettings.Proxy, host: String, port: Int,
        finish: @escaping (ChannelHandlerContext, Result<Void, TransportError>) -> Void
    ) {
        let target = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        var lines = ["CONNECT \(target) HTTP/1.1", "Host: \(target)"]
        if let credentials = proxy.credentials {
            lines.append("Proxy-Authorization: Basic \(Self.base64(credentials))")
        }
        request = lines.map { $0 + "\r\n" }.joined() + "\r\n"
        self.finish = finish
    }

    func handlerAdded(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        received.writeBuffer(&buffer)
        // Several responses may come together, of which all but the last are informational.
        while finish != nil, let end = Self.endOfHead(received.readableBytesView) { readHead(context, end) }
        if finish != nil, received.readableBytes > Self.maximumBytes {
            conclude(context, .failure(TransportError(.proxy, .transient, "the proxy's response is not HTTP")))
        }
    }

    private func readHead(_ context: ChannelHandlerContext, _ end: Int) {
        let bytes = received.readableBytesView
        guard let status = Self.status(bytes) else {
            return conclude(context, .failure(TransportError(.proxy, .transient, "the proxy's response is not HTTP")))
        }
        switch status {
        case 100..<200: received.moveReaderIndex(forwardBy: end - bytes.startIndex)
        case 200..<300:
            // The server speaks only after the client's first message.
            guard end == bytes.endIndex else {
                return conclude(
                    context, .failure(TransportError(.proxy, .transient, "the proxy sent more than its response")))
            }
            conclude(context, .success(()))
        case 407:
            conclude(context, .failure(TransportError(.proxy, .final, "the proxy asks for credentials")))
        default:
            conclude(
                context,
                .failure(
                    TransportError(.proxy, .transient, "the proxy refused to open the connection (status \(status))")))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        conclude(context, .failure(HTTPConnection.lostConnection(throughProxy: true)))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        conclude(context, .failure(HTTPConnection.lostConnection(throughProxy: true)))
        context.close(promise: nil)
    }

    private func conclude(_ context: ChannelHandlerContext, _ result: Result<Void, TransportError>) {
        guard let finish else { return }
        self.finish = nil
        guard case .success = result else { return finish(context, result) }
        context.pipeline.syncOperations.removeHandler(context: context).assumeIsolated().whenComplete { _ in
            finish(context, result)
        }
    }

    /// After the empty line.
    private static func endOfHead(_ bytes: ByteBufferView) -> Int? {
        bytes.firstRange(ofBytes: Array("\r\n\r\n".utf8))?.upperBound
    }

    /// The number in `HTTP/1.1 200 …`.
    private static func status(_ bytes: ByteBufferView) -> Int? {
        let line = bytes.prefix { $0 != 0x0D }
        guard line.starts(with: Array("HTTP/1.".utf8)) else { return nil }
        let words = line.split(separator: 0x20, maxSplits: 2)
        guard words.count >= 2, words[1].count == 3 else { return nil }
        return Int(String(decoding: words[1], as: UTF8.self))
    }

    private static func base64(_ text: String) -> String {
        var builder = SecretBytesBuilder()
        SecretBytes(text).withExposed { Base64.encode($0, into: &builder) }
        return builder.finish().withExposed { String(decoding: $0, as: UTF8.self) }
    }
}
