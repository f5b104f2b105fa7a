import Logging
import Testing

@testable import Azure

@Suite("The HTTP client of the provider", .timeLimit(.minutes(20)))
struct ManyHostsTests {
    @Test("is made anew after 1,000 hosts, because it never forgets one")
    func manyHosts() async throws {
        let transport = AsyncHTTPTransport(
            configuration: AsyncHTTPTransport.Configuration(
                trustRoots: TrustRoots(), proxy: .none, userAgent: "test"),
            logger: Logger(label: "test"))
        // Nothing listens on port 1 of these addresses of the loopback network.
        for host in (0..<1001).map({ "127.1.\($0 / 250).\($0 % 250 + 1)" }) {
            // Twice, because a host that is known already costs nothing.
            for _ in 0..<2 {
                await #expect(throws: TransportError.self) {
                    try await transport.send(HTTPRequest(.get, "http://\(host):1/"), timeout: .seconds(600))
                }
            }
        }
        #expect(transport.clientsMade == 2)
    }
}
