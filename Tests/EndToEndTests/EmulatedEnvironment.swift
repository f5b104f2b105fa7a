import Azure
import AzureEmulator
import AzureTestSupport
import CSIProvider
import Foundation
import Logging
import NIOCore
import ProviderCore
import ProviderTransport
import Synchronization
import TestSupport
import Testing

/// An emulated Azure, a provider and a driver's client, connected by real sockets and real TLS.
struct EmulatedEnvironment: Sendable {
    static let tenant = "99999999-9999-4999-8999-999999999999"
    static let reader = "11111111-aaaa-4aaa-8aaa-000000000001"

    let emulator: Emulator
    let endpoint: Endpoint
    let client: RPCClient
    let clock: EmulatorClock
    /// The file with the authority that the provider trusts.
    let authorityFile: String
    /// The HTTP client with which the provider reaches the emulator.
    let transport: any HTTPTransport
    /// The addresses of the node's and the cluster's token services.
    let tokens: AccessTokenSource.Settings
    /// The emulator's own proxy, through which clients reach Azure's hosts.
    let proxy: ProxySettings
    let endpoints: Emulator.Endpoints

    /// The credentials that the proxy between provider and emulator demands, and those of the provider.
    struct Proxy: Sendable {
        /// `user:password`.
        var demanded: String?
        /// The text before the host in the proxy's URL.
        var given = ""
    }

    /// At most one environment for each processor, within bounds: each has about forty open files.
    private static let limit = ConcurrencyLimit(max(2, min(8, ProcessInfo.processInfo.activeProcessorCount)))

    /// Runs `body` in an environment made from `seed`, or from the tests' own seed, and removes it afterwards. The
    /// generation of keys is slow, so tests that do not need keys and certificates leave them out of the vaults.
    ///
    /// Only a few environments exist at a time, and the others wait. So `body` must not create another one.
    static func with(
        keys: Bool = true, conversion: ContentConversion = ContentConversion(), cache: CacheSettings = CacheSettings(),
        seed: Seed? = nil, proxy: Proxy = Proxy(), http2: Bool = false, requests: RecordedRequests? = nil,
        clock: EmulatorClock = EmulatorClock(), _ body: @escaping @Sendable (EmulatedEnvironment) async throws -> Void
    ) async throws {
        try await limit.run {
            try await run(keys, conversion, cache, seed, proxy, http2, requests, clock, body)
        }
    }

    private static func run(
        _ keys: Bool, _ conversion: ContentConversion, _ cache: CacheSettings, _ seed: Seed?, _ proxy: Proxy,
        _ http2: Bool, _ requests: RecordedRequests?, _ clock: EmulatorClock,
        _ body: @escaping @Sendable (EmulatedEnvironment) async throws -> Void
    ) async throws {
        var seed = try seed ?? Seed(yaml: try String(contentsOf: Fixtures.url("azure.yaml"), encoding: .utf8))
        if !keys { seed.vaults = seed.vaults?.map { $0.withoutKeys } }
        let logger = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
        var options = Emulator.Options()
        options.proxyCredentials = proxy.demanded
        options.offersHTTP2 = http2
        let emulator = try await Emulator(
            seed: seed, options: options, clock: clock, logger: requests?.logger ?? logger)
        let (ready, signal) = AsyncStream<Emulator.Endpoints>.makeStream()
        try await TemporaryDirectory.with { directory in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await emulator.run { signal.yield($0) } }
                group.addTask {
                    guard let endpoints = await ready.first(where: { _ in true }) else { throw CancellationError() }
                    try await provide(
                        emulator, endpoints, clock, proxy, in: directory, conversion, cache, logger, body: body)
                }
                // The first task to end is the test's body, or the emulator if it could not start.
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    private static func provide(
        _ emulator: Emulator, _ endpoints: Emulator.Endpoints, _ clock: EmulatorClock, _ proxy: Proxy = Proxy(),
        in directory: TemporaryDirectory, _ conversion: ContentConversion, _ cache: CacheSettings, _ logger: Logger,
        time: ManualTime? = nil, connectTimeout: Duration = Self.connectTimeout,
        body: @Sendable (EmulatedEnvironment) async throws -> Void
    ) async throws {
        let authority = directory.file("ca.pem")
        try Data(endpoints.authorityPEM.utf8).write(to: URL(fileURLWithPath: authority))
        let environment = [
            "SSL_CERT_FILE": authority, "HTTPS_PROXY": "http://\(proxy.given)127.0.0.1:\(endpoints.proxyPort)",
        ]
        var network = NetworkTransport.Configuration(
            trustRoots: TrustRoots(environment: environment), proxy: try ProxySettings(environment: environment),
            userAgent: "tests")
        network.connectTimeout = connectTimeout
        var transport: any HTTPTransport = NetworkTransport(configuration: network)
        if let time { transport = TimedTransport(base: transport, time: time, faults: emulator.faults) }
        var tokens = AccessTokenSource.Settings()
        tokens.metadataService = "http://127.0.0.1:\(endpoints.nodePort)"
        tokens.nodeManagedIdentity = tokens.metadataService
        tokens.tokenProxy.url = "https://127.0.0.1:\(endpoints.httpsPort)/token-proxy"
        tokens.tokenProxy.authorityFile = try directory.write(endpoints.authorityPEM.utf8, to: "cluster-ca.pem")
        tokens.tokenProxy.apiServerHost = "localhost"
        tokens.tokenProxy.apiServerPort = endpoints.httpsPort
        var settings = MountPipeline.Settings(
            defaultCloudName: "AzurePublicCloud", conversion: conversion,
            cloudFiles: CloudEnvironmentFiles(defaultPath: ""), tokens: tokens, cache: cache)
        // A busy machine is not an outage.
        settings.primaryTimeout = .seconds(60)
        let endpoint = Endpoint.unix(path: directory.file("p.sock"))
        let configuration = ProviderConfiguration.withoutWatchers(endpoint, mounts: settings, network: network)
        let provider = ProviderServer.make(
            configuration, transport: transport, time: time?.source ?? .system, logger: logger)
        let server = try RPCServer.start(
            endpoint: endpoint, version: configuration.providerVersion, handler: provider.handler.handle)
        do {
            try await body(
                EmulatedEnvironment(
                    emulator: emulator, endpoint: endpoint, client: RPCClient(endpoint: endpoint), clock: clock,
                    authorityFile: authority, transport: transport, tokens: tokens, proxy: network.proxy,
                    endpoints: endpoints))
        } catch {
            await server.stop(grace: .seconds(1))
            throw error
        }
        await server.stop(grace: .seconds(1))
    }

    /// Long enough for a busy machine.
    private static let connectTimeout = Duration.seconds(60)

    /// Runs `body` with a second provider next to the first, with empty caches. Its clock is `time`, or the machine's.
    func withNewProvider(
        time: ManualTime? = nil, connectTimeout: Duration = Self.connectTimeout,
        _ body: @Sendable (EmulatedEnvironment) async throws -> Void
    ) async throws {
        let logger = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
        try await TemporaryDirectory.with { directory in
            try await Self.provide(
                emulator, endpoints, clock, in: directory, ContentConversion(), .off, logger, time: time,
                connectTimeout: connectTimeout, body: body)
        }
    }

    // MARK: - Requests

    /// A service-account token from the emulator's cluster.
    func token(
        _ serviceAccount: String = "reader", namespace: String = "team-a",
        audience: String = "api://AzureADTokenExchange", lifetime: Int = 3600
    ) async throws -> String {
        try await emulator.token(
            namespace: namespace, serviceAccount: serviceAccount, audience: audience, lifetime: lifetime)
    }

    /// The attributes of a correct mount of `objects`, before a test changes them.
    func attributes(objects: String, token: String? = nil) async throws -> [String: String] {
        let jwt: String
        if let token { jwt = token } else { jwt = try await self.token() }
        return [
            "csi.storage.k8s.io/pod.name": "pod", "csi.storage.k8s.io/pod.namespace": "team-a",
            "csi.storage.k8s.io/pod.uid": "uid", "csi.storage.k8s.io/serviceAccount.name": "reader",
            "csi.storage.k8s.io/ephemeral": "true", "secretProviderClass": "tests",
            "clientID": Self.reader, "keyvaultName": "kv-tests", "tenantID": Self.tenant, "usePodIdentity": "false",
            "objects": objects,
            "csi.storage.k8s.io/serviceAccount.tokens":
                "{\"api://AzureADTokenExchange\":{\"token\":\"\(jwt)\",\"expirationTimestamp\":\"2099-01-01T00:00:00Z\"}}",
        ]
    }

    /// `timeout` is that of the driver.
    func mount(
        _ attributes: [String: String], secrets: String = "null", timeout: Duration = .seconds(120)
    ) async throws -> ReceivedMountResponse {
        let json = try JSONSerialization.data(withJSONObject: attributes)
        return try await client.mount(
            MountRequestMessage(
                attributes: Array(json), secrets: Array(secrets.utf8), targetPath: "/unused", permission: "420"),
            timeout: timeout)
    }

    /// Mounts `objects`, given as lines of YAML for one object each.
    func mount(_ objects: String...) async throws -> ReceivedMountResponse {
        try await mount(try await attributes(objects: Self.array(objects)))
    }

    /// The status with which a mount fails.
    func failure(_ attributes: [String: String], secrets: String = "null") async throws -> RPCStatus {
        do {
            _ = try await mount(attributes, secrets: secrets)
        } catch let status as RPCStatus {
            return status
        }
        throw Unexpected(description: "the mount succeeded")
    }

    static func array(_ objects: [String]) -> String {
        "array:\n" + objects.map { "  - |\n" + $0.split(separator: "\n").map { "    \($0)\n" }.joined() }.joined()
    }

    static func object(_ type: String, _ name: String, _ rest: String = "") -> String {
        "objectName: \(name)\nobjectType: \(type)\n\(rest)"
    }
}

extension ProviderConfiguration {
    /// The configuration of a server whose calls a test handles, and which does not open an endpoint for health and
    /// metrics.
    static func withoutWatchers(
        _ endpoint: Endpoint, mounts: MountPipeline.Settings, network: NetworkTransport.Configuration
    ) -> ProviderConfiguration {
        ProviderConfiguration(
            endpoint: endpoint, version: "v0",
            health: HealthEndpoint.Configuration(host: "127.0.0.1", port: 0, path: "/healthz", timeout: .seconds(5)),
            metrics: MetricsEndpoint.Configuration(host: "127.0.0.1", port: 0), mounts: mounts, network: network,
            drainTimeout: .seconds(1))
    }
}

extension Seed.Vault {
    fileprivate var withoutKeys: Seed.Vault {
        var copy = self
        copy.keys = nil
        copy.certificates = nil
        return copy
    }
}

struct Unexpected: Error, CustomStringConvertible {
    var description: String
}

extension ReceivedMountResponse {
    func text(_ path: String) throws -> String {
        String(decoding: try #require(files.first { $0.path == path }).contents, as: UTF8.self)
    }
}

/// The requests to the emulator, in the words of its log.
final class RecordedRequests: LogHandler, Sendable {
    private let lines = Mutex<[(host: String, path: String)]>([])

    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        guard let host = event.metadata?["host"], let path = event.metadata?["path"] else { return }
        lines.withLock { $0.append(("\(host)", "\(path)")) }
    }

    var logger: Logger { Logger(label: "emulator", factory: { _ in self }) }

    /// The hosts of the requests for paths with `suffix`.
    func hosts(ofPathsWith suffix: String) -> [String] {
        lines.withLock { $0.filter { $0.path.hasSuffix(suffix) }.map(\.host) }
    }
}
