internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTP2
internal import NIOSSL

/// Lets a request pass only if the server's certificate names the request's host.
///
/// The TLS library is also content with a certificate that names the *address* of the peer, which is
/// the proxy's if there is one, whatever host was asked for. Certificates for addresses can be had from
/// public authorities, so without this whoever controls the name service could stand in for a vault.
final class CertificateNameGuard: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private let names: [String]
    /// In whose place the `Host` header would be compared.
    private let serverName: String?
    private var accepted: String?

    private init(names: [String], serverName: String?) {
        self.names = names
        self.serverName = serverName
    }

    /// Puts a guard on a new connection, or on a request's stream in one. `serverName` is the host that is meant, if it is not the one of
    /// the requests' `Host` headers. Connections without TLS need none.
    static func install(on channel: any Channel, serverName: String?) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let connection = channel.parent?.pipeline.syncOperations ?? pipeline
            guard let tls = try? connection.handler(type: NIOSSLClientHandler.self) else { return }
            let names = tls.peerCertificate?._subjectAlternativeNames().compactMap { name -> String? in
                guard name.nameType == .dnsName else { return nil }
                return String(decoding: name.contents, as: UTF8.self)
            }
            let guardian = CertificateNameGuard(names: names ?? [], serverName: serverName)
            if channel.parent == nil {
                let encoder = try pipeline.handler(type: HTTPRequestEncoder.self)
                try pipeline.addHandler(guardian, position: .after(encoder))
            } else {
                let encoder = try pipeline.handler(type: HTTP2FramePayloadToHTTP1ClientCodec.self)
                try pipeline.addHandler(guardian, position: .after(encoder))
            }
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(let head) = unwrapOutboundIn(data) else {
            context.write(data, promise: promise)
            return
        }
        let host = serverName ?? Self.host(in: head.headers.first(name: "host") ?? "")
        // An address can only be named as one, which the TLS library has checked.
        guard host == accepted || IPAddress(host) != nil || names.contains(where: { CertificateName.covers($0, host) })
        else {
            // With all its streams, or the next request would meet the same certificate.
            let connection = context.channel.parent ?? context.channel
            // First, because the caller may send its next request as soon as this one has failed.
            Self.removeFromPool(connection)
            promise?.fail(CertificateNameError(host: host))
            context.fireErrorCaught(CertificateNameError(host: host))
            connection.close(promise: nil)
            return
        }
        accepted = host
        context.write(data, promise: promise)
    }

    /// Removes an HTTP/2 connection from the client library's pool, so that no later request gets it.
    ///
    /// Closing alone is too slow: the connection closes only when the server has answered TLS's close_notify, and
    /// until then the pool still hands it out. So the library gets the frame with which a server announces its
    /// end (GOAWAY, RFC 9113, section 6.8). An HTTP/1.1 connection needs none of this, because it belongs to
    /// one request until it closes.
    private static func removeFromPool(_ connection: any Channel) {
        guard let http2 = try? connection.pipeline.syncOperations.context(handlerType: NIOHTTP2Handler.self) else {
            return
        }
        let end = HTTP2Frame.FramePayload.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil)
        http2.fireChannelRead(NIOAny(HTTP2Frame(streamID: .rootStream, payload: end)))
        http2.fireChannelReadComplete()
    }

    /// Without a port.
    private static func host(in header: String) -> String {
        if header.hasPrefix("[") { return String(header.dropFirst().prefix { $0 != "]" }) }
        return String(header.prefix { $0 != ":" })
    }
}

struct CertificateNameError: Error {
    var host: String
}
