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

    struct Mismatch: Error {
        var host: String
    }

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
            promise?.fail(Mismatch(host: host))
            context.fireErrorCaught(Mismatch(host: host))
            // With all its streams, or the next request would meet the same certificate.
            (context.channel.parent ?? context.channel).close(promise: nil)
            return
        }
        accepted = host
        context.write(data, promise: promise)
    }

    /// Without a port.
    private static func host(in header: String) -> String {
        if header.hasPrefix("[") { return String(header.dropFirst().prefix { $0 != "]" }) }
        return String(header.prefix { $0 != ":" })
    }
}
