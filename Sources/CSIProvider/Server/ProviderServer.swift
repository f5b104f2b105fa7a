internal import AsyncSupport
package import Azure
internal import CProcess
internal import Kubernetes
package import Logging
package import ProviderCore
internal import ProviderTransport

/// The process of the DaemonSet: the socket, the other endpoints, and a graceful stop on SIGTERM and SIGINT.
///
/// Only `make` connects the provider's parts, for the program and for tests of the whole provider.
package struct ProviderServer: Sendable {
    package let pipeline: MountPipeline
    package let handler: MountHandler
    /// All metrics of the process.
    package let metrics: MetricsRegistry
    /// The poster of events; nil if events are disabled.
    package let events: EventPoster?
    private let configuration: ProviderConfiguration
    /// The thread that mounts use while they wait for Azure.
    private let executor: (any TaskExecutor)?
    private let time: TimeSource
    private let startedAt: Int
    private let logger: Logger

    /// Creates the parts for `configuration`, without opening anything or starting a task.
    ///
    /// `transport` sends requests to Azure, and `apiServer` to the cluster's API server. By default, both are made from
    /// the configuration.
    package static func make(
        _ configuration: ProviderConfiguration, transport: (any HTTPTransport)? = nil,
        apiServer: (any HTTPTransport)? = nil, time: TimeSource = .system, logger: Logger
    ) -> ProviderServer {
        let transport = transport ?? NetworkTransport(configuration: configuration.network)
        func client(_ server: KubernetesClient.Configuration) -> KubernetesClient {
            KubernetesClient(configuration: server, transport: apiServer ?? transport, time: time)
        }
        let metrics = ProviderMetrics()
        let accounts = configuration.serviceAccountAnnotations.map { server in
            ServiceAccountAnnotations(client: client(server), logger: logger, time: time)
        }
        let pipeline = MountPipeline(
            settings: configuration.mounts, transport: transport, observer: metrics, accounts: accounts, time: time)
        let events = configuration.events.map { server in
            EventPoster(client: client(server), node: configuration.nodeName, logger: logger, time: time)
        }
        let handler = MountHandler(
            mounts: pipeline, metrics: metrics, logger: logger, audit: configuration.audit, events: events, time: time)
        let optional: [(any MetricsCollector)?] = [events, accounts]
        return ProviderServer(
            pipeline: pipeline, handler: handler,
            metrics: MetricsRegistry(
                [ProcessMetrics(version: configuration.version), metrics, pipeline, handler]
                    + optional.compactMap(\.self)),
            events: events,
            configuration: configuration, executor: transport.executor, time: time, startedAt: time.wallClock(),
            logger: logger)
    }

    /// The state of the node's volumes, for `akv-csi status`.
    package var status: NodeStatus {
        let (volumes, isRotating) = handler.volumeStatuses
        let cache = configuration.mounts.cache
        return NodeStatus(
            time: time.wallClock(),
            provider: NodeStatus.Provider(
                version: configuration.version, node: configuration.nodeName.isEmpty ? nil : configuration.nodeName,
                startedAt: startedAt, refreshInterval: Int(cache.refreshInterval.inSeconds),
                staleIfError: Int(cache.staleIfError.inSeconds), isRotating: isRotating),
            volumes: volumes)
    }

    /// Serves until a signal arrives. Throws if an endpoint cannot listen.
    package static func run(_ configuration: ProviderConfiguration, logger: Logger) async throws {
        ProcessHardening.apply(logger: logger)
        process_limit_allocator()
        try await make(configuration, logger: logger).run()
    }

    private func run() async throws {
        if let policy = configuration.mounts.policy {
            logger.info("policy in force", metadata: ["file": "\(policy.path)"])
        } else {
            logger.notice(
                "no policy is given: every pod may use the node's managed identity and name any vault; see --policy",
                metadata: ["code": "\(LogCode.policyAbsent.rawValue)"])
        }
        // The monitoring endpoints are opened first, so that the provider's socket does not appear if one of their
        // ports is in use.
        let health = try await HealthEndpoint.listen(
            configuration.health, provider: configuration.endpoint, logger: logger)
        let scrapes = try await MetricsEndpoint.listen(configuration.metrics, registry: metrics, logger: logger)
        var watchers: [any Service] = [health, scrapes]
        if let events { watchers.append(events) }
        if let status = configuration.status,
            let endpoint = await StatusEndpoint.listen(status, logger: logger, status: { self.status })
        {
            watchers.append(endpoint)
        }
        if let debug = configuration.debug {
            watchers.append(try await DebugEndpoint.listen(debug, version: configuration.version, logger: logger))
        }
        let group = ServiceGroup()
        let socket = RPCServerService(
            configuration: configuration, handler: handler.handle, executor: executor, group: group, logger: logger)
        try await group.run([socket, Sweeper(service: handler)] + watchers)
        logger.info("stopped")
    }
}

/// Opens the socket and keeps it open until the process has to stop, and then lets running mounts finish.
///
/// The signal handlers are in place before it listens, so that a client that sees the socket can also stop the process
/// gracefully.
private struct RPCServerService: Service {
    let configuration: ProviderConfiguration
    let handler: RPCServer.Handler
    let executor: (any TaskExecutor)?
    let group: ServiceGroup
    let logger: Logger

    func run() async throws {
        let server = try RPCServer.start(
            endpoint: configuration.endpoint, version: configuration.providerVersion, executor: executor,
            handler: handler)
        logger.info(
            "serving",
            metadata: ["endpoint": "\(configuration.endpoint)", "version": "\(configuration.version)"])
        await cancellation()
        logger.info("stopping", metadata: ["running_mounts": "\(server.runningMounts)"])
        // If another service has failed, the running mounts are not waited for.
        await server.stop(grace: group.hasFailed ? .zero : configuration.drainTimeout)
    }
}

/// Wipes expired entries, so that an idle node does not keep values, and returns unused memory to the system.
private struct Sweeper: Service {
    let service: MountHandler

    func run() async throws {
        // The provider has started by then, and half of its memory is code that was needed only for the start.
        guard (try? await Task.sleep(for: .seconds(1))) != nil else { return }
        process_unmap_startup_code()
        while (try? await Task.sleep(for: .seconds(30))) != nil {
            service.sweep()
            process_trim_memory()
        }
    }
}
