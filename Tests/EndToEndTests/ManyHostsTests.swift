import Testing

@testable import Azure

@Suite("The HTTP client of the provider", .timeLimit(.minutes(20)))
struct ManyHostsTests {
    @Test("the client keeps no state of a host without connections")
    func manyHosts() async throws {
        let transport = NetworkTransport(
            configuration: NetworkTransport.Configuration(trustRoots: TrustRoots(), proxy: .none, userAgent: "test"))
        // No process listens on port 1 of these loopback addresses.
        for host in (0..<1001).map({ "127.1.\($0 / 250).\($0 % 250 + 1)" }) {
            await #expect(throws: TransportError.self) {
                try await transport.send(HTTPRequest(.get, "http://\(host):1/"), timeout: .seconds(600))
            }
        }
        #expect(try await transport.hostCount() == 0)
    }
}
