internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import SecretMemory

extension TransportError {
    /// The reason why the connection to the host of `route`, or to its proxy, failed.
    init(connecting error: any Error, on route: Route) {
        let isProxy = route.proxy != nil
        let host = route.proxy?.host ?? route.host
        let port = route.proxy?.port ?? route.port
        let reasons: [String]
        switch error {
        case let error as NIOConnectionError where error.connectionErrors.isEmpty:
            self.init(
                .nameResolution, .transient, "\(isProxy ? "the proxy's" : "the") host \(host) cannot be resolved")
            return
        case let error as NIOConnectionError: reasons = error.connectionErrors.map { Self.text($0.error) }
        case is ChannelError:
            self.init(isProxy ? .proxy : .connect, .timedOut, "the connection could not be made in time")
            return
        default: reasons = [Self.text(error)]
        }
        self.init(
            isProxy ? .proxy : .connect, .transient,
            "cannot connect to \(isProxy ? "the proxy " : "")\(host):\(port): "
                + Set(reasons).sorted().joined(separator: "; "))
    }

    /// The reason why a connection failed. `isReady` is true if it was ready for requests before.
    init(classifying error: any Error, on route: Route, isReady: Bool) {
        switch error {
        case let error as TransportError: self = error
        case NIOSSLError.uncleanShutdown, HTTPParserError.invalidEOFState:
            self = HTTPConnection.lostConnection(throughProxy: route.proxy != nil)
        case let error as NIOSSLExtraError:
            self.init(.tls, .final, "the server's certificate is not for this host: \(error.description)")
        case let error as NIOSSLError: self.init(.tls, .final, Self.handshake(error))
        case let error as BoringSSLError: self.init(.tls, .final, Self.handshake(error))
        case let error as IOError:
            self.init(.request, .transient, Self.text(error))
            isLostConnection = [ECONNRESET, EPIPE].contains(error.errnoCode)
        case let error as HTTPParserError: self.init(.request, .transient, "the response is not HTTP: \(error)")
        default: self.init(isReady ? .request : .connect, .transient, Self.text(error))
        }
    }

    private static func text(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode))
    }

    /// The TLS library's reason without its source positions.
    private static func handshake(_ error: any Error) -> String {
        let text = "\(error)"
        let marker = "OPENSSL_internal:"
        guard let range = text.firstRange(of: marker) else { return "the TLS handshake failed: \(text)" }
        let reason = text[range.upperBound...].prefix { $0 != " " && $0 != "]" }
        if reason == "CERTIFICATE_VERIFY_FAILED" {
            return "the server's certificate has expired or is not signed by a trusted authority"
        }
        return "the TLS handshake failed: \(reason)"
    }
}
