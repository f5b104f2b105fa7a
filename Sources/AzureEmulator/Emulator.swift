package import Foundation
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdHTTP2
internal import HummingbirdTLS
package import Logging
internal import NIOCore
internal import ServiceLifecycle

/// A local Entra and Key Vault over TLS, with the services of a node and the emulator's controls.
///
/// This type creates the parts of the emulator from a seed and runs their servers.
package struct Emulator: Sendable {
    /// The settings of an emulator.
    package struct Options: Sendable {
        /// The address of Entra, the vaults and the proxy. The services of a node and the emulator's controls, which ask
        /// for no password, listen on loopback only.
        package var host = Emulator.loopback
        /// The port for Entra and the vaults. As for all ports here, 0 takes any free port.
        package var port = 0
        package var proxyPort = 0
        /// `user:password` for the proxy; nil if it does not need credentials.
        package var proxyCredentials: String?
        /// Whether the proxy connects clients on this machine to hosts that do not belong to Azure.
        package var connectsToOtherHosts = false
        package var adminPort = 0
        package var nodePort = 0
        /// The delay before each response of Entra and the vaults.
        package var latency = Duration.zero
        /// Whether Entra and the vaults offer HTTP/2 in addition to HTTP/1.1.
        package var offersHTTP2 = false
        /// The file that keeps the state across restarts; nil to keep nothing. If the file exists, its
        /// identities and vaults replace those of the seed.
        package var state: URL?
        /// The Kubernetes cluster whose service-account tokens Entra trusts; nil for the built-in issuer.
        package var kubernetes: KubernetesAPI?
        /// The directory that relative paths in the seed start from.
        package var seedDirectory = URL(fileURLWithPath: ".")
        /// The directory with the files for clients, and the seed's file. The page shows both.
        package var clientDirectory: String?
        package var seedFile: String?

        package init() {}
    }

    /// The addresses of a running emulator.
    package struct Endpoints: Codable, Sendable {
        package var httpsPort: Int
        package var proxyPort: Int
        package var adminPort: Int
        /// The port of the metadata service and of NMI, in plain HTTP.
        package var nodePort: Int
        /// The certificate authority that clients must trust, in PEM.
        package var authorityPEM: String
        package var clusterIssuer: String
    }

    private let seed: Seed
    private let certificates: ServerCertificates
    private let store: StateStore
    private let entra: EntraDirectory
    private let clock: EmulatorClock
    private let calls = CallCounter()
    private let requests = RequestLog()
    /// The faults that are set.
    package let faults: FaultRegistry
    private let options: Options
    private let logger: Logger

    package static let loopback = "127.0.0.1"
    package static let defaultClusterIssuer = "https://oidc.akv-emulator.example/cluster/"

    package init(seed: Seed, options: Options, clock: EmulatorClock = EmulatorClock(), logger: Logger) async throws {
        try seed.validate()
        self.seed = seed
        let file = options.state.map { StateFile(url: $0) }
        let state = try file?.read() ?? EmulatorState(seed: seed, clock: clock)
        let cluster =
            if let api = options.kubernetes {
                try await ClusterIssuer(api)
            } else {
                try await ClusterIssuer(
                    url: seed.clusterIssuer ?? Self.defaultClusterIssuer, privateKey: state.keys.cluster)
            }
        let issuerHost = URL(string: cluster.url)?.host
        // Clients check certificates against the machine's clock.
        certificates = try ServerCertificates(
            hosts: AzureHosts.certificateNames + [issuerHost].compactMap { $0 }, authority: state.keys.authority,
            now: Date())
        store = try StateStore(state, file: file)
        entra = try await EntraDirectory(
            EntraDirectory.Configuration(
                storage: store, cluster: cluster, issuers: seed.issuers ?? [], signingKey: state.keys.tokens,
                seedDirectory: options.seedDirectory),
            clock: clock)
        faults = FaultRegistry(clock: clock, faults: seed.faults ?? [])
        self.clock = clock
        self.options = options
        self.logger = logger
    }

    // MARK: - Controls for tests in the same process

    /// Issues a service-account token of the built-in cluster. `lifetime` is in seconds.
    package func token(
        namespace: String, serviceAccount: String, audience: String = FederatedCredential.defaultAudience,
        lifetime: Int = 3600
    ) async throws -> String {
        try await entra.cluster.token(
            namespace: namespace, serviceAccount: serviceAccount, audiences: [audience], lifetime: lifetime,
            now: clock.seconds)
    }

    /// Gives a secret a new version. Returns the version's id, or nil if the vault does not exist or the
    /// secret cannot be set.
    package func setSecret(_ name: String, in vault: String, value: String) -> String? {
        try? store.change(vault) { try $0.setSecret(name, value, now: clock.seconds) }
    }

    /// Soft-deletes a secret.
    package func deleteSecret(_ name: String, in vault: String) throws {
        try store.change(vault) { _ = try $0.delete(name, .secrets, now: clock.seconds) }
    }

    /// The calls since the start or the last reset.
    package var callCounts: CallCounter.Counts { calls.current }

    package func resetCallCounts() { calls.reset() }

    // MARK: - Servers

    /// Serves until the task is cancelled or the process gets a signal to stop. Calls `whenReady` once all
    /// servers listen.
    package func run(whenReady: @escaping @Sendable (Endpoints) async throws -> Void) async throws {
        let (azure, azurePort) = try azureServer()
        let connection = Shared(
            ConnectionSummary(
                directory: options.clientDirectory, seed: options.seedFile, proxyPort: 0, httpsPort: 0, nodePort: 0,
                clusterIssuer: entra.cluster.url, connectsToOtherHosts: options.connectsToOtherHosts))
        let (admin, adminPort) = plainServer(
            AdminResponder(
                store: store, cluster: entra.cluster, clock: clock, calls: calls, faults: faults, requests: requests,
                connection: connection),
            port: options.adminPort)
        let (node, nodePort) = plainServer(
            NodeResponder(
                node: seed.node ?? NodeIdentities(), pods: seed.podIdentities ?? [], entra: entra, calls: calls,
                gate: gate(latency: .zero), recorder: recorder),
            port: options.nodePort)
        let listener = try await ConnectProxy.listen(host: options.host, port: options.proxyPort)

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await azure.run() }
            group.addTask { try await admin.run() }
            group.addTask { try await node.run() }
            guard let azurePort = await azurePort.first(where: { _ in true }),
                let adminPort = await adminPort.first(where: { _ in true }),
                let nodePort = await nodePort.first(where: { _ in true })
            else { throw CancellationError() }
            let proxy = try proxy(listener, target: SocketAddress(ipAddress: tunnelHost, port: azurePort))
            group.addTask { try await proxy.run() }
            let endpoints = Endpoints(
                httpsPort: azurePort, proxyPort: listener.channel.localAddress?.port ?? 0, adminPort: adminPort,
                nodePort: nodePort, authorityPEM: certificates.authorityPEM, clusterIssuer: entra.cluster.url)
            connection.value.proxyPort = endpoints.proxyPort
            connection.value.httpsPort = endpoints.httpsPort
            connection.value.nodePort = endpoints.nodePort
            try await whenReady(endpoints)
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}

extension Emulator {
    private var recorder: RequestRecorder { RequestRecorder(log: requests, clock: clock, logger: logger) }

    private func gate(latency: Duration) -> FaultGate {
        FaultGate(faults: faults, calls: calls, clock: clock, latency: latency)
    }

    /// The TLS server of Entra and the vaults, and a stream that gives its port once it listens.
    private func azureServer() throws -> (Application<AzureResponder>, AsyncStream<Int>) {
        let responder = AzureResponder(
            vaults: VaultResponder(storage: store, entra: entra, clock: clock),
            entra: EntraResponder(directory: entra), clock: clock, calls: calls,
            gate: gate(latency: options.latency), recorder: recorder)
        let tls = certificates.tlsConfiguration(handshakeFault)
        let (ready, signal) = AsyncStream<Int>.makeStream()
        let application = Application(
            responder: responder,
            server: HTTPServerBuilder { [offersHTTP2 = options.offersHTTP2] responder in
                if offersHTTP2 {
                    return DeferredChannel(base: try HTTP2UpgradeChannel(tlsConfiguration: tls, responder: responder))
                }
                return DeferredChannel(base: try TLSChannel(HTTP1Channel(responder: responder), tlsConfiguration: tls))
            },
            configuration: configuration(host: options.host, port: options.port),
            onServerRunning: { signal.yield($0.localAddress?.port ?? 0) }, logger: logger.warningsOnly)
        return (application, ready)
    }

    /// A server in plain HTTP, and a stream that gives its port once it listens.
    private func plainServer<Responder: HTTPResponder>(
        _ responder: Responder, port: Int
    ) -> (Application<Responder>, AsyncStream<Int>)
    where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
        let (ready, signal) = AsyncStream<Int>.makeStream()
        let application = Application(
            responder: responder, server: HTTPServerBuilder { DeferredChannel(base: HTTP1Channel(responder: $0)) },
            configuration: configuration(host: Self.loopback, port: port),
            onServerRunning: { signal.yield($0.localAddress?.port ?? 0) }, logger: logger.warningsOnly)
        return (application, ready)
    }

    private func configuration(host: String, port: Int) -> ApplicationConfiguration {
        ApplicationConfiguration(address: .hostname(host, port: port), serverName: nil)
    }

    /// The address at which the proxy reaches the server of Entra and the vaults: its own, or loopback if that listens
    /// on every address.
    private var tunnelHost: String {
        switch options.host {
        case "0.0.0.0": Self.loopback
        case "::": "::1"
        default: options.host
        }
    }

    private func proxy(_ listener: ConnectProxy.Listener, target: SocketAddress) throws -> ConnectProxy {
        let issuerHost = URL(string: entra.cluster.url)?.host ?? ""
        return ConnectProxy(
            listener: listener, target: target,
            rules: ConnectRules(
                extraHosts: [issuerHost], credentials: options.proxyCredentials,
                connectsToOtherHosts: options.connectsToOtherHosts,
                hasVault: { [store] in store.vault($0) != nil }),
            calls: calls, faults: faults, logger: logger)
    }

    /// Counts a TLS handshake, and returns the fault that strikes it.
    @Sendable private func handshakeFault(_ host: String?) -> Fault.Kind? {
        let classes = ["tls", "tls:\(host ?? "")"]
        calls.begin(classes)
        calls.end(classes)
        let call = ServiceCall(service: AzureHosts.service(at: host), stage: .handshake)
        return faults.effect(on: call).fault?.kind
    }
}

extension Logger {
    /// For libraries whose `info` messages do not help the user.
    fileprivate var warningsOnly: Logger {
        var copy = self
        copy.logLevel = max(.warning, logLevel)
        return copy
    }
}
