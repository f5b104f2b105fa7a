import Azure
import AzureTestSupport
import CSIProvider
import Foundation
import Logging
import ProviderCore
import ProviderTransport
import TestSupport
import Testing

/// Hosts that do not exist: unknown names, and ports without a listener. The tests do not use the network: no resolver
/// sends a request for these names, and this process holds the port.
@Suite("A mount without a reachable server", .timeLimit(.minutes(20)))
struct UnreachableTests {
    /// A label that is longer than allowed.
    private static let nowhere = String(repeating: "a", count: 64) + ".invalid"

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var authority = "https://login.\(UnreachableTests.nowhere)"
        var vaultSuffix = "vault.\(UnreachableTests.nowhere)"
        var proxy: String?
        /// The node's identity does not need Entra, so the vault is the first host that fails.
        var isForVault = false
        var words: [String]
    }

    private static let cases = [
        Case(
            testDescription: "Entra's name",
            words: ["Entra ID cannot be reached", "cannot be resolved", "hop: name resolution"]),
        Case(
            testDescription: "Entra's port", authority: "https://127.0.0.1:PORT",
            words: [
                "Entra ID cannot be reached", "cannot connect to 127.0.0.1:PORT: Connection refused", "hop: connect",
            ]),
        Case(
            testDescription: "the vault's name", isForVault: true,
            words: [
                "the vault kv-tests.vault.\(nowhere) cannot be reached", "cannot be resolved", "hop: name resolution",
            ]),
        Case(
            testDescription: "the proxy's name", proxy: "http://proxy.\(nowhere):3128",
            words: [
                "Entra ID cannot be reached", "the proxy's host proxy.\(nowhere) cannot be resolved",
                "hop: name resolution",
            ]),
        Case(
            testDescription: "the proxy's port", proxy: "http://127.0.0.1:PORT",
            words: [
                "Entra ID cannot be reached", "cannot connect to the proxy 127.0.0.1:PORT: Connection refused",
                "hop: proxy",
            ]),
        Case(
            testDescription: "the proxy's port, on the way to the vault", proxy: "http://127.0.0.1:PORT",
            isForVault: true,
            words: [
                "the vault kv-tests.vault.\(nowhere) cannot be reached", "cannot connect to the proxy", "hop: proxy",
            ]),
    ]

    @Test("the error names the host and the hop at which the connection failed", arguments: cases)
    func hop(_ given: Case) async throws {
        let port = try ClosedPort()
        let number = port.number
        let filled = { @Sendable (text: String) in text.replacing("PORT", with: "\(number)") }
        try await EmulatedEnvironment.with(keys: false) { world in
            try await TemporaryDirectory.with { directory in
                let cloud = """
                    {"activeDirectoryEndpoint":"\(filled(given.authority))","keyVaultDNSSuffix":"\(given.vaultSuffix)"}
                    """
                let environment = given.proxy.map { ["HTTPS_PROXY": filled($0)] } ?? [:]
                let logger = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
                let time = ManualTime.fromNow()
                let configuration = ProviderConfiguration.withoutWatchers(
                    .unix(path: "/unused"),
                    mounts: MountPipeline.Settings(
                        defaultCloudName: "AzureStackCloud", conversion: ContentConversion(),
                        cloudFiles: CloudEnvironmentFiles(
                            defaultPath: try directory.write(cloud.utf8, to: "cloud.json")),
                        tokens: world.tokens),
                    network: NetworkTransport.Configuration(
                        trustRoots: TrustRoots(), proxy: try ProxySettings(environment: environment),
                        userAgent: "tests"))
                let provider = ProviderServer.make(configuration, time: time.source, logger: logger)
                var attributes = try await world.attributes(
                    objects: EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "plain")]))
                if given.isForVault { attributes["useVMManagedIdentity"] = "true" }
                let request = MountRequestMessage(
                    attributes: Array(try JSONSerialization.data(withJSONObject: attributes)),
                    secrets: Array("null".utf8), targetPath: "/unused", permission: "420")
                let status = await #expect(throws: RPCStatus.self) {
                    try await provider.handler.handle(IncomingMount(request: request, secondsLeft: 110))
                }
                #expect(status?.code == .internal)
                for word in given.words + ["[unreachable]"] {
                    #expect(status?.message.contains(filled(word)) == true, "\(status?.message ?? "")")
                }
                // The request was retried, because a name or a port may become available.
                #expect(time.sleeps.count == 3)
            }
        }
        withExtendedLifetime(port) {}
    }
}

/// A port of this machine without a listener, which no other process can use.
private final class ClosedPort {
    let number: UInt16
    private let descriptor: Int32

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw SystemCallError(operation: "socket", number: errno) }
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        number = UInt16(bigEndian: address.sin_port)
        guard result == 0 else { throw SystemCallError(operation: "bind", number: errno) }
    }

    deinit {
        close(descriptor)
    }
}
