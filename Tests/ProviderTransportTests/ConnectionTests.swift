import Foundation
import ProviderTransport
import TestSupport
import Testing

@Suite("The server's connections", .timeLimit(.minutes(20)))
struct ConnectionTests {
    @Test("connections beyond the limit wait, and are served when others end")
    func limit() async throws {
        try await withServer { (fixture: Fixture) async throws in
            let client = fixture.client()
            _ = try await client.version(timeout: testTimeout)
            var sockets: [RawSocket] = []
            for _ in 1..<RPCServer.maximumConnections { sockets.append(try await fixture.connect()) }
            let waiting = try RawSocket()
            try waiting.connect(fixture.socketPath)
            // A server without the limit would have accepted it long before the last of these calls.
            for _ in 0..<100 { _ = try await client.version(timeout: testTimeout) }
            #expect(!waiting.isReadable)
            sockets.removeLast()
            #expect(try await eventually { waiting.isReadable })
        }
    }

    @Test("connections that have ended do not count towards the limit")
    func ended() async throws {
        try await withServer { (fixture: Fixture) async throws in
            for _ in 0..<RPCServer.maximumConnections + 50 { _ = try await fixture.connect() }
            _ = try await fixture.client().version(timeout: testTimeout)
        }
    }

    @Test("a stop ends idle connections and those that wait to be accepted")
    func stop() async throws {
        let fixture = try Fixture { _ in .file() }
        var sockets: [RawSocket] = []
        for _ in 0..<RPCServer.maximumConnections { sockets.append(try await fixture.connect()) }
        let waiting = try RawSocket()
        try waiting.connect(fixture.socketPath)
        await fixture.server.stop(grace: .zero)
        for socket in sockets + [waiting] { #expect(try await eventually { socket.hasEnded }) }
        #expect(throws: SystemCallError.self) { try RawSocket().connect(fixture.socketPath) }
    }

    @Test("a TCP endpoint listens on every address of its host", arguments: ["", "localhost", "[::]"])
    func tcpHosts(host: String) async throws {
        let server = try RPCServer.start(
            endpoint: .tcp(host: host, port: 0), version: testVersion, handler: { _ in .file() })
        for address in host == "localhost" ? ["127.0.0.1"] : Self.loopbackAddresses {
            let client = RPCClient(endpoint: .tcp(host: address, port: server.port))
            #expect(try await client.version(timeout: testTimeout) == testVersion, "\(address)")
        }
        await server.stop(grace: .zero)
    }

    /// Some machines do not have IPv6.
    private static var loopbackAddresses: [String] {
        let hasIPv6 = access("/proc/net/if_inet6", F_OK) == 0
        return ["127.0.0.1"] + (hasIPv6 ? ["[::1]"] : [])
    }

    @Test("a TCP endpoint that cannot be used is refused with the reason")
    func tcpRefused() async throws {
        let server = try RPCServer.start(
            endpoint: .tcp(host: "127.0.0.1", port: 0), version: testVersion, handler: { _ in .file() })
        for (host, port, reason) in [
            ("127.0.0.1", server.port, "Address already in use"), ("192.0.2.1", 0, "Cannot assign requested address"),
        ] {
            let error = #expect(throws: ListenError.self) {
                try RPCServer.start(
                    endpoint: .tcp(host: host, port: port), version: testVersion, handler: { _ in .file() })
            }
            #expect(error?.description == "cannot listen on tcp://\(host):\(port): \(reason)")
        }
        await server.stop(grace: .zero)
    }
}

extension Fixture {
    /// A connection that the server has accepted: it has sent its settings.
    fileprivate func connect() async throws -> RawSocket {
        let socket = try RawSocket()
        try socket.connect(socketPath)
        #expect(try await eventually { socket.isReadable })
        // A stop would wait for a client that has not read everything.
        #expect(!socket.hasEnded)
        return socket
    }
}
