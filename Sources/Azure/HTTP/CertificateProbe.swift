internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS

/// Connects to a server and reads its certificate, after verifying it.
enum CertificateProbe {
    /// Returns the DNS names in the certificate of `host`, which must be signed by one of `authorityPEM`.
    static func subjectAlternativeNames(
        of host: String, port: Int, authorityPEM: [UInt8], timeout: Duration
    ) async throws(CertificateProbeError) -> [String] {
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authorityPEM))
            let context = try NIOSSLContext(configuration: configuration)
            let limit = TimeAmount(timeout)
            let group = MultiThreadedEventLoopGroup.singleton
            let promise = group.next().makePromise(of: [String].self)
            let timer = promise.futureResult.eventLoop.scheduleTask(in: limit) {
                promise.fail(CertificateProbeError(description: "no answer in time"))
            }
            let channel = try await ClientBootstrap(group: group)
                .connectTimeout(limit)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let tls = try NIOSSLClientHandler(context: context, serverHostname: host)
                        try channel.pipeline.syncOperations.addHandlers(tls, NameCollector(tls: tls, promise: promise))
                    }
                }
                .connect(host: host, port: port).get()
            let names: [String]
            do {
                names = try await promise.futureResult.get()
            } catch {
                channel.close(promise: nil)
                throw error
            }
            timer.cancel()
            channel.close(promise: nil)
            return names
        } catch let failure as CertificateProbeError {
            throw failure
        } catch {
            throw CertificateProbeError(description: "TLS connect to API server: \(error)")
        }
    }
}

/// Waits for the TLS handshake and reads the names.
private final class NameCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let tls: NIOSSLClientHandler
    private let promise: EventLoopPromise<[String]>

    init(tls: NIOSSLClientHandler, promise: EventLoopPromise<[String]>) {
        self.tls = tls
        self.promise = promise
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted = event as? TLSUserEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        let names = tls.peerCertificate?._subjectAlternativeNames().compactMap { name -> String? in
            guard name.nameType == .dnsName else { return nil }
            return String(decoding: name.contents, as: UTF8.self)
        }
        promise.succeed(names ?? [])
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(CertificateProbeError(description: "TLS connect to API server: \(error)"))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(CertificateProbeError(description: "the API server closed the connection"))
    }
}

struct CertificateProbeError: Error, CustomStringConvertible {
    var description: String
}
