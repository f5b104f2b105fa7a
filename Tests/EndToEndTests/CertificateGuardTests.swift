import Azure
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization
import TestSupport
import Testing

@Suite("A connection whose certificate was refused", .timeLimit(.minutes(20)))
struct CertificateGuardTests {
    @Test("a connection with a refused certificate gets no other request, even if the server keeps it open")
    func refused() async throws {
        try await Self.with { server, transport in
            for attempt in 1...5 {
                let failure = await Self.failure(server.url, transport)
                #expect(failure?.hop == .tls && failure?.kind == .final)
                #expect(failure?.reason.contains("not for this host") == true)
                #expect(server.connections == attempt)
            }
        }
    }

    @Test("all requests that wait for a refused connection fail, and none of them because of a timeout")
    func shared() async throws {
        try await Self.with { server, transport in
            let failures = await withTaskGroup(of: TransportError?.self) { group in
                for _ in 0..<50 { group.addTask { await Self.failure(server.url, transport) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(failures.count == 50)
            for failure in failures {
                #expect(failure?.reason.contains("not for this host") == true || failure?.isLostConnection == true)
            }
        }
    }

    private static func failure(_ url: String, _ transport: NetworkTransport) async -> TransportError? {
        await #expect(throws: TransportError.self) {
            try await transport.send(HTTPRequest(.get, url), timeout: .seconds(900))
        }
    }

    private static func with(_ body: (UnmovedServer, NetworkTransport) async throws -> Void) async throws {
        try await TemporaryDirectory.with { directory in
            // The certificate names only the address, which the TLS library accepts.
            try run(
                [
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key", "-out", "cert",
                ], in: directory)
            let server = try await UnmovedServer(in: directory)
            var configuration = NetworkTransport.Configuration(
                trustRoots: TrustRoots(environment: ["SSL_CERT_FILE": directory.file("cert")]),
                proxy: try ProxySettings(environment: [:]), userAgent: "tests")
            configuration.connectTimeout = .seconds(900)
            do {
                try await body(server, NetworkTransport(configuration: configuration))
            } catch {
                try await server.close()
                throw error
            }
            try await server.close()
        }
    }
}

/// A TLS server that reads nothing after the handshake: it ignores requests and the close of the connection.
private final class UnmovedServer: Sendable {
    private final class Handler: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case .some(.handshakeCompleted) = event as? TLSUserEvent else { return }
            context.channel.setOption(.autoRead, value: false).assumeIsolated().whenFailure { error in
                Issue.record(error)
            }
        }
    }

    private let listener: any Channel
    private let accepted: Accepted

    private final class Accepted: Sendable {
        let channels = Mutex<[any Channel]>([])
    }

    init(in directory: TemporaryDirectory) async throws {
        let tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(directory.file("cert")).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: directory.file("key"), format: .pem)))
        let context = try NIOSSLContext(configuration: tls)
        let accepted = Accepted()
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                accepted.channels.withLock { $0.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLServerHandler(context: context), Handler())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.accepted = accepted
    }

    var url: String { "https://localhost:\(listener.localAddress?.port ?? 0)/" }

    var connections: Int { accepted.channels.withLock { $0.count } }

    func close() async throws {
        try await listener.close()
        for channel in accepted.channels.withLock({ $0 }) { channel.close(promise: nil) }
    }
}
