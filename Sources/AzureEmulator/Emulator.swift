package import Foundation
internal import Hummingbird
internal import HummingbirdHTTP2
internal import HummingbirdTLS
package import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import Synchronization

/// A local Entra and Key Vault over TLS, on loopback.
package struct Emulator: Sendable {
    package struct Options: Sendable {
        package var host = "127.0.0.1"
        /// 0 for any free port.
        package var port = 0
        package var proxyPort = 0
        /// `user:password` that the proxy demands; nobody is refused when nil.
        package var proxyCredentials: String?
        package var adminPort = 0
        package var nodePort = 0
        /// Added to every answer of Entra and the vaults.
        package var latency = Duration.zero
        /// Whether Entra and the vaults offer HTTP/2 beside HTTP/1.1.
        package var offersHTTP2 = false
        /// Where everything is kept that must survive a restart; nothing is kept when nil. A file that exists
        /// counts, and of the seed only what cannot change: issuers, the node, faults.
        package var state: URL?
        /// Where paths in the seed begin.
        package var seedDirectory = URL(fileURLWithPath: ".")

        package init() {}
    }

    /// How to reach a running emulator.
    package struct Endpoints: Codable, Sendable {
        package var httpsPort: Int
        package var proxyPort: Int
        package var adminPort: Int
        /// The metadata service and NMI, in plain HTTP.
        package var nodePort: Int
        /// The certificate authority that clients must trust, in PEM.
        package var authorityPEM: String
        package var clusterIssuer: String
    }

    private let seed: Seed
    private let tls: ServerIdentity
    private let store: StateStore
    private let entra: EntraDirectory
    private let clock: EmulatorClock
    private let calls = CallLog()
    private let requests = RequestLog()
    /// How it misbehaves at the moment.
    package let faults: FaultBook
    private let options: Options
    private let logger: Logger

    package static let defaultClusterIssuer = "https://oidc.akv-emulator.example/cluster/"

    package init(seed: Seed, options: Options, clock: EmulatorClock = EmulatorClock(), logger: Logger) async throws {
        try seed.validate()
        self.seed = seed
        let file = options.state.map { StateFile(url: $0) }
        let state = try file?.read() ?? EmulatorState(seed: seed, clock: clock)
        let cluster = try await ClusterIssuer(
            url: seed.clusterIssuer ?? Self.defaultClusterIssuer, privateKey: state.keys.cluster)
        let issuerHost = URL(string: cluster.url)?.host
        tls = try ServerIdentity(
            hosts: VaultHosts.certificateNames + [issuerHost].compactMap { $0 }, authority: state.keys.authority,
            now: Date())
        store = try StateStore(state, file: file)
        entra = try await EntraDirectory(
            seed: seed, store: store, cluster: cluster, signingKey: state.keys.tokens,
            seedDirectory: options.seedDirectory, clock: clock)
        faults = FaultBook(clock: clock, faults: seed.faults ?? [])
        self.clock = clock
        self.options = options
        self.logger = logger
    }

    /// A service-account token of the built-in cluster.
    package func token(
        namespace: String, serviceAccount: String, audience: String = "api://AzureADTokenExchange", lifetime: Int = 3600
    ) async throws -> String {
        try await entra.cluster.token(
            namespace: namespace, serviceAccount: serviceAccount, audiences: [audience], lifetime: lifetime,
            now: clock.seconds)
    }

    /// Gives a secret a new version and tells its name; nil if there is no such vault.
    package func setSecret(_ name: String, in vault: String, value: String) -> String? {
        try? store.change(vault) { try $0.setSecret(name, value, now: clock.seconds) }
    }

    /// Deletes a secret, which can be recovered, by whoever has the role for it.
    package func deleteSecret(_ name: String, in vault: String) throws {
        try store.change(vault) { _ = try $0.delete(name, .secrets, now: clock.seconds) }
    }

    /// What was called so far.
    package var callCounts: CallLog.Counts { calls.current }

    /// Counts from zero again.
    package func resetCallCounts() { calls.reset() }

    /// Serves until cancelled or told to stop. `whenReady` is called once everything listens.
    package func run(whenReady: @escaping @Sendable (Endpoints) async throws -> Void) async throws {
        let recorder = RequestRecorder(log: requests, clock: clock, logger: logger)
        let gate = FaultGate(faults: faults, calls: calls, clock: clock, latency: options.latency)
        let azure = EmulatorResponder(
            vaults: VaultResponder(store: store, entra: entra, clock: clock), entra: entra, clock: clock, calls: calls,
            gate: gate, recorder: recorder)
        let admin = AdminResponder(
            store: store, cluster: entra.cluster, clock: clock, calls: calls, faults: faults, requests: requests)
        let node = NodeResponder(
            seed: seed, entra: entra, calls: calls,
            gate: FaultGate(faults: faults, calls: calls, clock: clock, latency: .zero), recorder: recorder)
        let (azurePort, azureReady) = AsyncStream<Int>.makeStream()
        let azureApplication = Application(
            responder: azure,
            server: options.offersHTTP2
                ? try .http2Upgrade(tlsConfiguration: tls.tls(handshakeFault))
                : try .tls(tlsConfiguration: tls.tls(handshakeFault)),
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port), serverName: nil),
            onServerRunning: { azureReady.yield($0.localAddress?.port ?? 0) }, logger: logger.quieted)
        let (adminApplication, adminPort) = plain(admin, port: options.adminPort)
        let (nodeApplication, nodePort) = plain(node, port: options.nodePort)
        let listener = try await ConnectProxy.listen(host: options.host, port: options.proxyPort)

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await azureApplication.run() }
            group.addTask { try await adminApplication.run() }
            group.addTask { try await nodeApplication.run() }
            guard let https = await azurePort.first(where: { _ in true }),
                let control = await adminPort.first(where: { _ in true }),
                let services = await nodePort.first(where: { _ in true })
            else { throw CancellationError() }
            let issuerHost = URL(string: entra.cluster.url)?.host ?? ""
            let proxy = ConnectProxy(
                listener: listener, target: try SocketAddress(ipAddress: options.host, port: https),
                extraHosts: [issuerHost], credentials: options.proxyCredentials, calls: calls, faults: faults,
                logger: logger)
            group.addTask { try await proxy.run() }
            let endpoints = Endpoints(
                httpsPort: https, proxyPort: listener.channel.localAddress?.port ?? 0, adminPort: control,
                nodePort: services, authorityPEM: tls.authorityPEM, clusterIssuer: entra.cluster.url)
            try await whenReady(endpoints)
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}

extension Emulator {
    /// The fault that a TLS handshake meets, which is counted.
    @Sendable private func handshakeFault(_ host: String?) -> Fault.Kind? {
        let names = ["tls", "tls:\(host ?? "")"]
        calls.begin(names)
        calls.end(names)
        return faults.strikes(FaultBook.Call(service: VaultHosts.service(at: host), stage: .handshake)).fault?.kind
    }

    /// A server in plain HTTP, and the port it has once it runs.
    private func plain<Responder: HTTPResponder>(
        _ responder: Responder, port: Int
    ) -> (Application<Responder>, AsyncStream<Int>)
    where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
        let (ready, signal) = AsyncStream<Int>.makeStream()
        let application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(address: .hostname(options.host, port: port), serverName: nil),
            onServerRunning: { signal.yield($0.localAddress?.port ?? 0) }, logger: logger.quieted)
        return (application, ready)
    }
}

extension Logger {
    /// For libraries that report at `info` what is no news to the user.
    fileprivate var quieted: Logger {
        var copy = self
        copy.logLevel = max(.warning, logLevel)
        return copy
    }
}

extension Seed {
    /// Refuses what would only show later, such as a role that does not exist.
    func validate() throws {
        let names = Set((identities ?? []).map(\.name))
        let others =
            [node?.systemAssigned].compactMap { $0 } + (node?.userAssigned ?? [])
            + (podIdentities ?? []).map(\.identity)
        for name in others where !names.contains(name) {
            throw Invalid(description: "the node or a pod is given the unknown identity \(name)")
        }
        for vault in vaults ?? [] {
            for access in vault.access ?? [] {
                guard names.contains(access.identity) else {
                    throw Invalid(
                        description: "vault \(vault.name) gives access to the unknown identity \(access.identity)")
                }
                guard VaultRoles.isKnown(access.role) else {
                    throw Invalid(description: "vault \(vault.name) names the unknown role \(access.role)")
                }
            }
        }
    }
}
