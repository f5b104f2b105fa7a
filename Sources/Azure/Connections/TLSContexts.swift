internal import NIOSSL
internal import Synchronization

/// The TLS library's contexts: one for the process's trusted authorities, renewed when their files change, and one for
/// each authority that a request trusts instead.
final class TLSContexts: Sendable {
    private struct State {
        var fingerprint: TrustRoots.Fingerprint?
        var ordinary: NIOSSLContext?
        /// The newest context of each host. An older one's authority was replaced.
        var special: [String: (authority: [UInt8], context: NIOSSLContext)] = [:]
    }

    private let trustRoots: TrustRoots
    private let state = Mutex(State())

    init(_ trustRoots: TrustRoots) {
        self.trustRoots = trustRoots
    }

    /// Returns the context for requests of one kind, and whether it has just replaced another one.
    func context(for connection: HTTPRequest.Connection?) throws(TransportError) -> (
        context: NIOSSLContext, isNew: Bool
    ) {
        let previous = state.withLock { $0.fingerprint }
        let fingerprint = trustRoots.fingerprint(after: previous)
        let result: Result<(context: NIOSSLContext, isNew: Bool), TransportError> = state.withLock { state in
            if state.fingerprint != fingerprint {
                state.ordinary = nil
            }
            state.fingerprint = fingerprint
            do {
                guard let connection, let authority = connection.authorityPEM else {
                    if let context = state.ordinary { return .success((context, false)) }
                    let roots = try trustRoots.load()
                    let context = try Self.context(roots, [.certificates(trustRoots.loadAdditional())])
                    state.ordinary = context
                    return .success((context, true))
                }
                if let known = state.special[connection.host], known.authority == authority {
                    return .success((known.context, false))
                }
                let context = try Self.context(.certificates(try NIOSSLCertificate.fromPEMBytes(authority)), [])
                state.special[connection.host] = (authority, context)
                return .success((context, true))
            } catch {
                return .failure(TransportError(.tls, .final, "the trusted certificates cannot be read: \(error)"))
            }
        }
        return try result.get()
    }

    /// Whether connections that were made with `context` may be used.
    func isCurrent(_ context: NIOSSLContext) -> Bool {
        state.withLock { state in
            state.ordinary === context || state.special.values.contains { $0.context === context }
        }
    }

    private static func context(
        _ roots: NIOSSLTrustRoots, _ additional: [NIOSSLAdditionalTrustRoots]
    ) throws -> NIOSSLContext {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.trustRoots = roots
        tls.additionalTrustRoots = additional
        tls.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: tls)
    }
}
