import NIOHTTP1
import SecretMemory
import TestSupport
import Testing

@testable import Azure

@Suite("The HTTP client's connections", .timeLimit(.minutes(5)))
struct ConnectionTests {
    private static let local: [UInt8] = [127, 0, 0, 1]

    private static func withCertificate(_ body: (TemporaryDirectory) async throws -> Void) async throws {
        try await TemporaryDirectory.with { directory async throws in
            try run(
                [
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1,DNS:vault.example", "-keyout", "key",
                    "-out", "cert",
                ], in: directory)
            try await body(directory)
        }
    }

    enum Disturbance: CaseIterable {
        case noise
        case response
        case close
    }

    @Test(
        "a connection is not used again if the server sends unexpected bytes or closes it",
        arguments: Disturbance.allCases, [false, true])
    func disturbed(_ disturbance: Disturbance, hasTLS: Bool) async throws {
        try await Self.withCertificate { directory async throws in
            try await FakeHTTPServer.with(certificateIn: hasTLS ? directory : nil, { _ in .connectionNumber }) {
                server async throws in
                let client = NetworkClient(server, trusted: hasTLS ? directory.file("cert") : nil)
                for number in 1...5 {
                    #expect(try await client.getWithRetry() == "\(number)")
                    switch disturbance {
                    case .noise: server.write("noise")
                    case .response: server.write(FakeHTTPServer.response("stolen"))
                    case .close: server.closeAll()
                    }
                    // Until the client has noticed the bytes, its next request may still get a response on this
                    // connection.
                    #expect(try await eventually { server.open == 0 })
                }
            }
        }
    }

    @Test("a server that closes the connection instead of a response is a lost connection")
    func lost() async throws {
        try await FakeHTTPServer.with({ $0.connection == 1 ? .close : .connectionNumber }) { server async throws in
            let client = NetworkClient(server)
            let error = await #expect(throws: TransportError.self) { try await client.get() }
            #expect(error?.isLostConnection == true)
            #expect(try await client.get() == "2")
        }
    }

    @Test("connections with the old authorities get no new requests after a replacement")
    func trustReplaced() async throws {
        try await Self.withCertificate { directory async throws in
            try await FakeHTTPServer.with(certificateIn: directory, { _ in .connectionNumber }) { server async throws in
                let client = NetworkClient(server, trusted: directory.file("cert"))
                for number in 1...3 {
                    for _ in 0..<2 { #expect(try await client.get() == "\(number)") }
                    try directory.write(try directory.read("cert") + [0x0A], to: "cert")
                }
                #expect(try await client.get() == "4")
                #expect(try await eventually { server.open == 1 })
            }
        }
    }

    @Test("requests that wait during a replacement of the authorities are sent, and their connection is then closed")
    func trustReplacedMeanwhile() async throws {
        try await Self.withCertificate { directory async throws in
            try await FakeHTTPServer.with(certificateIn: directory, { _ in .hold }) { server async throws in
                let client = NetworkClient(server, trusted: directory.file("cert")) { $0.connectionsPerHost = 1 }
                let old = client.begin(["/0", "/1", "/2"])
                #expect(try await eventually { server.held == 1 })
                try directory.write(try directory.read("cert") + [0x0A], to: "cert")
                let new = client.begin(["/new"])
                #expect(try await eventually { server.held == 2 })
                server.replyToHeld { .body($0.target) }
                #expect(try await old.bodies() == ["/0", "/1", "/2"])
                #expect(try await new.bodies() == ["/new"])
                #expect(try await eventually { server.open == 1 })
            }
        }
    }

    enum IPv6: CaseIterable {
        case unanswered
        case refused
        case absent
    }

    @Test(
        "the client connects over IPv4 if the look-up of the IPv6 address or the connection to it fails",
        arguments: IPv6.allCases)
    func fallback(ipv6: IPv6) async throws {
        try await FakeNameServer.with({ question in
            guard question.family == .v6 else { return .addresses([Self.local]) }
            return switch ipv6 {
            case .unanswered: .none
            case .refused: .addresses([[UInt8](repeating: 0, count: 15) + [1]])
            case .absent: .noRecord
            }
        }) { names async throws in
            try await FakeHTTPServer.with({ _ in .connectionNumber }) { server async throws in
                let client = NetworkClient(server, host: "vault.example") { $0.nameServers = names.address }
                #expect(try await client.get() == "1")
                #expect(server.requests.first?.headers.first(name: "Host") == "vault.example:\(server.port)")
            }
        }
    }

    @Test("a host that cannot be resolved is an error that says so")
    func unknownHost() async throws {
        try await FakeNameServer.with({ _ in .noSuchName }) { names async throws in
            try await FakeHTTPServer.with({ _ in .connectionNumber }) { server async throws in
                let client = NetworkClient(server, host: "vault.example") { $0.nameServers = names.address }
                let error = await #expect(throws: TransportError.self) { try await client.get() }
                #expect(error?.hop == .nameResolution)
                #expect(error?.reason == "the host vault.example cannot be resolved")
            }
        }
    }

    @Test("look-ups of one namespace without a response do not block the requests of another")
    func deadNames() async throws {
        try await FakeNameServer.with({ $0.name.hasPrefix("dead") ? .none : .addresses([Self.local]) }) {
            names async throws in
            try await FakeHTTPServer.with({ _ in .connectionNumber }) { server async throws in
                let client = NetworkClient(server, host: "vault.example") { $0.nameServers = names.address }
                let dead = client.begin(
                    (0..<200).map { number in
                        var request = HTTPRequest(.get, "http://dead-\(number).example:\(server.port)/")
                        request.namespace = "loud"
                        return request
                    })
                // The loud namespace also waits for connections to the other one's host, but has no look-up left for
                // it.
                let shared = client.begin(Array(repeating: "/", count: 100), for: "loud")
                #expect(try await eventually { try await client.transport.hostCount() >= 200 })
                for _ in 0..<5 { #expect(try await !client.get(for: "quiet").isEmpty) }
                // On a busy machine some look-ups reach their timeout meanwhile, 16 at a time. If the other requests waited
                // for them, it would be 128 or more.
                #expect(dead.count { _ in true } < 100)
                shared.cancel(nil)
                dead.cancel(nil)
            }
        }
    }

    @Test("the client skips an informational response of a proxy")
    func proxy() async throws {
        let bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 407 Authenticate\r\nContent-Length: 0\r\n\r\n"
        try await FakeHTTPServer.with({ _ in .bytes(bytes) }) { server async throws in
            let proxy = try ProxySettings(environment: ["HTTPS_PROXY": "http://127.0.0.1:\(server.port)"])
            let client = NetworkClient(server) { $0.proxy = proxy }
            let error = await #expect(throws: TransportError.self) {
                try await client.transport.send(HTTPRequest(.get, "https://vault.example/"), timeout: .seconds(900))
            }
            #expect(error?.hop == .proxy)
            #expect(error?.reason == "the proxy asks for credentials")
        }
    }
}
