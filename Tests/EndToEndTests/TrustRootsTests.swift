import Azure
import Foundation
import TestSupport
import Testing

@Suite("The system's trust roots", .timeLimit(.minutes(20)))
struct TrustRootsTests {
    @Test("a certificate that is mounted next to the system's is trusted until it is removed")
    func mountedBeside() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let authority = try Data(contentsOf: URL(fileURLWithPath: world.authorityFile))
            let port = world.tokens.tokenProxy.apiServerPort
            try await TemporaryDirectory.with { directory in
                let transport = NetworkTransport(
                    configuration: NetworkTransport.Configuration(
                        trustRoots: TrustRoots(systemDirectories: [directory.path]), proxy: .none, userAgent: "tests"))
                /// Nil if the server is not trusted.
                func status() async throws -> Int? {
                    let request = HTTPRequest(.get, "https://localhost:\(port)/nothing", maximumResponseBytes: 1 << 20)
                    do throws(TransportError) {
                        return try await transport.send(request, timeout: .seconds(20)).status
                    } catch {
                        guard error.hop == .tls else { throw error }
                        return nil
                    }
                }
                #expect(try await status() == nil)
                // A bundle with the distribution's name is read in another way.
                try directory.write(authority, to: "ca-certificates.crt")
                #expect(try await status() == nil)
                try directory.write(authority, to: "proxy-cert.crt")
                #expect(try await status() == 404)
                try FileManager.default.removeItem(atPath: directory.file("proxy-cert.crt"))
                #expect(try await status() == nil)
            }
        }
    }
}
