internal import Azure
internal import Glibc
internal import KeyMaterial
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS
internal import SecretMemory

/// Connects to a host step by step, and examines the result without sending a request.
///
/// The certificate is not verified, so that a wrong one can be described too. Nothing is sent over the connection; the
/// real request later verifies the certificate.
struct NetworkProbe {
    /// The facts that were found.
    struct ProbeResult: Sendable {
        var addresses: [String] = []
        var resolution = Duration.zero
        var connection = Duration.zero
        var handshake = Duration.zero
        var certificate = ServerCertificate()
    }

    var timeout: Duration

    func probe(_ host: String, port: Int, through proxy: ProxySettings.Proxy?) async throws(NetworkProbeError)
        -> ProbeResult
    {
        var result = ProbeResult()
        let clock = ContinuousClock()
        let start = clock.now
        let (target, targetPort) = proxy.map { ($0.host, $0.port) } ?? (host, port)
        result.addresses = try await resolve(target)
        let resolved = clock.now
        result.resolution = resolved - start
        let (certificate, connected) = try await handshake(target, targetPort, for: host, port, through: proxy)
        result.connection = connected - resolved
        result.handshake = clock.now - connected
        result.certificate = certificate
        return result
    }

    private func resolve(_ host: String) async throws(NetworkProbeError) -> [String] {
        let result: Result<[String], NetworkProbeError>
        do {
            result = try await NIOThreadPool.singleton.runIfActive { Self.addresses(of: host) }
        } catch {
            result = .failure(NetworkProbeError(hop: .nameResolution, reason: "\(error)"))
        }
        return try result.get()
    }

    private static func addresses(of host: String) -> Result<[String], NetworkProbeError> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            return .failure(
                NetworkProbeError(
                    hop: .nameResolution, reason: "\(host) cannot be resolved: \(String(cString: gai_strerror(status)))"
                ))
        }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var entry = list
        while let current = entry?.pointee {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            if getnameinfo(
                current.ai_addr, current.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            {
                let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                if !addresses.contains(address) { addresses.append(address) }
            }
            entry = current.ai_next
        }
        return .success(addresses)
    }

    private func handshake(
        _ target: String, _ targetPort: Int, for host: String, _ port: Int, through proxy: ProxySettings.Proxy?
    ) async throws(NetworkProbeError) -> (ServerCertificate, connected: ContinuousClock.Instant) {
        let group = MultiThreadedEventLoopGroup.singleton
        let promise = group.next().makePromise(of: ServerCertificate.self)
        let timer = promise.futureResult.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
            promise.fail(NetworkProbeError(hop: proxy == nil ? .tls : .proxy, reason: "no answer in time"))
        }
        defer { timer.cancel() }
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.certificateVerification = .none
            let context = try NIOSSLContext(configuration: configuration)
            let channel = try await ClientBootstrap(group: group)
                .connectTimeout(TimeAmount(timeout))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            ProbeHandler(context: context, host: host, port: port, proxy: proxy, promise: promise))
                    }
                }
                .connect(host: target, port: targetPort).get()
            let connected = ContinuousClock.now
            defer { channel.close(promise: nil) }
            return (try await promise.futureResult.get(), connected)
        } catch let failure as NetworkProbeError {
            throw failure
        } catch {
            promise.fail(error)
            throw NetworkProbeError(
                hop: proxy == nil ? .connect : .proxy,
                reason: "cannot connect to \(target):\(targetPort): \(Self.text(error))")
        }
    }

    private static func text(_ error: any Error) -> String {
        guard let error = error as? NIOConnectionError else { return "\(error)" }
        let reasons = error.connectionErrors.map { failure in
            (failure.error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(failure.error)"
        }
        return Set(reasons).sorted().joined(separator: "; ")
    }
}

/// The fields of a server's certificate.
struct ServerCertificate: Sendable {
    var names: [String] = []
    var issuer = ""
    /// The start of the validity, in seconds since 1970.
    var notBefore = 0
    var notAfter = 0

    init() {}

    init(_ certificate: NIOSSLCertificate) {
        names = certificate._subjectAlternativeNames().compactMap { name in
            name.nameType == .dnsName ? String(decoding: name.contents, as: UTF8.self) : nil
        }
        notBefore = Int(certificate.notValidBefore)
        notAfter = Int(certificate.notValidAfter)
        issuer = (try? Self.issuer(of: SecretBytes(certificate.toDERBytes()))) ?? ""
    }

    /// Returns the issuer's organization and common name (RFC 5280, section 4.1.2.4).
    private static func issuer(of certificate: SecretBytes) throws(DERError) -> String {
        var outer = try DERElement.parse(certificate).expecting(DERElement.Tag.sequence, "certificate").reader()
        var body = try outer.next(DERElement.Tag.sequence, "certificate body").reader()
        var element = try body.next()
        if element.tag == DERElement.Tag.context(0) { element = try body.next() }
        _ = try body.next(DERElement.Tag.sequence, "signature algorithm")
        var parts: [String] = []
        for set in try body.next(DERElement.Tag.sequence, "issuer").children() {
            for pair in try set.children().map({ element throws(DERError) in try element.children() })
            where pair.count == 2 {
                guard ["2.5.4.10", "2.5.4.3"].contains(try pair[0].objectIdentifier()) else { continue }
                parts.append(String(decoding: pair[1].content.bytes(), as: UTF8.self))
            }
        }
        return parts.joined(separator: ", ").clipped.printable
    }
}

/// Opens a tunnel if a proxy is used, performs the TLS handshake, and reads the certificate.
private final class ProbeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let tls: NIOSSLContext
    private let host: String
    private let port: Int
    private let proxy: ProxySettings.Proxy?
    private let promise: EventLoopPromise<ServerCertificate>
    private var answer = ByteBuffer()
    private var isOpen = false

    init(
        context: NIOSSLContext, host: String, port: Int, proxy: ProxySettings.Proxy?,
        promise: EventLoopPromise<ServerCertificate>
    ) {
        tls = context
        self.host = host
        self.port = port
        self.proxy = proxy
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        guard let proxy else { return begin(context) }
        var request = "CONNECT \(host):\(port) HTTP/1.1\r\nHost: \(host):\(port)\r\n"
        if let credentials = proxy.credentials {
            var encoded = SecretBytesBuilder()
            SecretBytes(credentials).withExposed { Base64.encode($0, into: &encoded) }
            encoded.finish().withExposed {
                request += "Proxy-Authorization: Basic \(String(decoding: $0, as: UTF8.self))\r\n"
            }
        }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request + "\r\n")), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Nothing is sent after the handshake.
        guard !isOpen else { return }
        var part = unwrapInboundIn(data)
        answer.writeBuffer(&part)
        let text = String(buffer: answer)
        guard text.contains("\r\n\r\n") else {
            if answer.readableBytes > 16384 { fail(context, .proxy, "the proxy's answer has no end") }
            return
        }
        let status = text.prefix { $0 != "\r\n" }
        guard status.split(separator: " ").dropFirst().first == "200" else {
            return fail(context, .proxy, "the proxy refuses \(host):\(port): \(status.clippedLine)")
        }
        begin(context)
    }

    private func begin(_ context: ChannelHandlerContext) {
        isOpen = true
        do {
            let handler = try NIOSSLClientHandler(context: tls, serverHostname: host)
            try context.pipeline.syncOperations.addHandler(handler, position: .before(self))
            self.handler = handler
        } catch {
            fail(context, .tls, "\(error)")
        }
    }

    private var handler: NIOSSLClientHandler?

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        guard let certificate = handler?.peerCertificate else {
            return fail(context, .tls, "the server shows no certificate")
        }
        promise.succeed(ServerCertificate(certificate))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(context, isOpen ? .tls : .proxy, "\(error)")
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(
            NetworkProbeError(
                hop: isOpen ? .tls : .proxy,
                reason: "the connection was closed \(isOpen ? "during the TLS handshake" : "by the proxy")"))
    }

    private func fail(_ context: ChannelHandlerContext, _ hop: TransportError.Hop, _ reason: String) {
        promise.fail(NetworkProbeError(hop: hop, reason: reason))
        context.close(promise: nil)
    }
}

extension StringProtocol {
    fileprivate var clippedLine: String { String(prefix(100)).printable }
}

struct NetworkProbeError: Error {
    var hop: TransportError.Hop
    var reason: String
}
