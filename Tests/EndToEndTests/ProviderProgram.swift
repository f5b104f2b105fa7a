import Azure
import AzureEmulator
import ProviderTransport
import TestSupport

/// `akv-csi serve` as a process, in front of the emulator of an environment.
struct ProviderProgram: Sendable {
    /// The server name of the emulator's token proxy. The program cannot determine it without the API server of a
    /// cluster.
    private static let tokenProxyName = "aeaf29ip1hi5q38ebc3u4daum81u0unk52t5bg50j25234fmuj78g.ests.aks"

    let client: RPCClient
    private let program: RunningProgram

    /// `name` is that of the socket. `flags` follow those that point the program to the emulator.
    init(
        _ name: String, in directory: TemporaryDirectory, _ world: EmulatedEnvironment, flags: [String],
        environment: [String: String] = [:]
    ) async throws {
        let socket = directory.file("\(name).sock")
        program = try RunningProgram(
            try Programs.path("akv-csi"),
            [
                "serve", "--endpoint=unix://\(socket)", "--healthz-host=127.0.0.1", "--healthz-port=0",
                "--metrics-host=127.0.0.1", "--prometheus-port=0", "--nmi-endpoint=\(world.tokens.nodeManagedIdentity)",
                "--token-proxy-url=\(world.tokens.tokenProxy.url)", "--sni-name=\(Self.tokenProxyName)",
                "--token-proxy-ca-file=\(world.tokens.tokenProxy.authorityFile)",
            ] + flags,
            environment: world.environment.merging(environment) { $1 })
        try await program.wrote("\"msg\":\"serving\"")
        client = RPCClient(endpoint: .unix(path: socket))
    }

    func stop() async { await program.stop() }
}

extension EmulatedEnvironment {
    /// The variables that point a program to the emulator.
    var environment: [String: String] {
        [
            "SSL_CERT_FILE": authorityFile, "HTTPS_PROXY": "http://127.0.0.1:\(endpoints.proxyPort)",
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": tokens.metadataService,
        ]
    }
}
