internal import AsyncHTTPClient
internal import Glibc
internal import NIOCore
internal import NIOHTTP2
internal import NIOPosix
internal import NIOSSL

extension TransportError {
    /// Says where a client library's error happened and whether trying again can help. `isCancelled` is
    /// whether the caller gave up.
    init(classifying error: any Error, throughProxy: Bool, isCancelled: Bool) {
        switch error {
        case is CancellationError:
            self.init(.request, .cancelled, "the caller gave up")
        case let error as NIOConnectionError:
            let dns = error.dnsAError ?? error.dnsAAAAError
            if error.connectionErrors.isEmpty, dns != nil {
                self.init(
                    .nameResolution, .transient,
                    "\(throughProxy ? "the proxy's" : "the") host \(error.host) cannot be resolved")
            } else {
                let reasons = error.connectionErrors.map { Self.text($0.error) }
                self.init(
                    throughProxy ? .proxy : .connect, .transient,
                    "cannot connect to \(throughProxy ? "the proxy " : "")\(error.host):\(error.port): "
                        + Set(reasons).sorted().joined(separator: "; "))
            }
        case let error as CertificateNameError:
            self.init(.tls, .final, "the server's certificate is not for this host: it does not name \(error.host)")
        case let error as NIOSSLExtraError:
            self.init(.tls, .final, "the server's certificate is not for this host: \(error.description)")
        case let error as NIOSSLError:
            self.init(.tls, .final, Self.handshake(error))
        case let error as BoringSSLError:
            self.init(.tls, .final, Self.handshake(error))
        case let error as IOError where Self.connectErrors.contains(error.errnoCode):
            // Where an address is asked for and not a name, the system's own error comes through.
            self.init(.connect, .transient, "cannot connect: \(Self.text(error))")
        case let error as HTTPClientError:
            self.init(classifying: error, throughProxy: throughProxy, isCancelled: isCancelled)
        case is NIOHTTP2Errors.StreamClosed, is NIOHTTP2Errors.IOOnClosedConnection, is NIOHTTP2Errors.NoSuchStream,
            is NIOHTTP2Errors.CreatedStreamAfterGoaway:
            self.init(.request, .transient, "the request was broken off before its answer was complete")
            isLostConnection = true
        case is any NIOHTTP2Error:
            self.init(.request, .transient, "what came is no HTTP/2: \(type(of: error))")
        default:
            self.init(.request, .transient, Self.text(error))
            if let error = error as? IOError { isLostConnection = [ECONNRESET, EPIPE].contains(error.errnoCode) }
        }
    }

    private init(classifying error: HTTPClientError, throughProxy: Bool, isCancelled: Bool) {
        switch error {
        case .connectTimeout: self.init(.connect, .timedOut, "the connection could not be made in time")
        case .tlsHandshakeTimeout: self.init(.tls, .timedOut, "the TLS handshake took too long")
        case .httpProxyHandshakeTimeout, .socksHandshakeTimeout:
            self.init(.proxy, .timedOut, "the proxy did not open the connection in time")
        case .proxyAuthenticationRequired: self.init(.proxy, .final, "the proxy asks for credentials")
        case .invalidProxyResponse: self.init(.proxy, .transient, "the proxy refused to open the connection")
        case .cancelled where isCancelled, .requestStreamCancelled where isCancelled:
            self.init(.request, .cancelled, "the caller gave up")
        // The library also reports `cancelled` for a request that reached a connection which was closing.
        case .remoteConnectionClosed, .cancelled, .requestStreamCancelled:
            // A proxy that hangs up on CONNECT looks the same to the client library.
            self.init(
                .request, .transient,
                "the connection \(throughProxy ? "through the proxy " : "")was closed before the answer was complete")
            isLostConnection = true
        default: self.init(.request, .transient, error.shortDescription)
        }
    }

    /// What only an attempt to connect can end with.
    private static let connectErrors = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL]

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
