import Glibc
import Logging
import Testing

@testable import CSIProvider

@Suite("The endpoint for probes and scrapes", .timeLimit(.minutes(20)))
struct HTTPEndpointTests {
    /// A connection that says nothing.
    private static func connect(to port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return descriptor
    }

    @Test("stops while connections come in that nobody gets to serve any more")
    func stop() async throws {
        for _ in 0..<60 {
            let endpoint = try await HTTPEndpoint.listen(
                host: "127.0.0.1", port: 0, routes: [:], logger: Logger(label: "test"))
            let server = Task { try await endpoint.run() }
            let first = (0..<10).map { _ in Self.connect(to: endpoint.port) }
            server.cancel()
            let rest = (0..<10).map { _ in Self.connect(to: endpoint.port) }
            try await server.value
            for descriptor in first + rest { close(descriptor) }
        }
    }
}
