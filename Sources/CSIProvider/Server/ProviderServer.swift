internal import Azure
internal import CProcess
internal import Kubernetes
package import Logging
internal import ProviderTransport
internal import ServiceLifecycle
internal import UnixSignals

/// The DaemonSet's process: socket, health endpoint, and an orderly end on SIGTERM and SIGINT.
package enum ProviderServer {
    /// Serves until a signal arrives. Throws when it cannot listen.
    package static func run(_ configuration: ProviderConfiguration, logger: Logger) async throws {
        ProcessHardening.apply(logger: logger)
        process_limit_allocator()
        let transport = AsyncHTTPTransport(configuration: configuration.network, logger: logger)
        let metrics = ProviderMetrics()
        let accounts = configuration.serviceAccountAnnotations.map { server in
            ServiceAccountAnnotations(
                client: KubernetesClient(configuration: server, transport: transport), logger: logger)
        }
        let mounts = MountPipeline(
            settings: configuration.mounts, transport: transport, observer: metrics, accounts: accounts)
        if let policy = configuration.mounts.policy {
            logger.info("policy in force", metadata: ["file": "\(policy.path)"])
        } else {
            logger.notice(
                "no policy is given: every pod may use the node's managed identity and name any vault; see --policy",
                metadata: ["code": "\(LogCode.policyAbsent.rawValue)"])
        }
        let events = configuration.events.map { server in
            EventPoster(
                client: KubernetesClient(configuration: server, transport: transport),
                node: configuration.nodeName, logger: logger)
        }
        let service = MountHandler(
            mounts: mounts, metrics: metrics, logger: logger, audit: configuration.audit, events: events)
        let optional: [(any MetricsCollector)?] = [events, accounts]
        let registry = MetricsRegistry([metrics, mounts, service] + optional.compactMap(\.self))
        // The endpoints that only watch come first: with a port taken, no socket appears at all.
        let health = try await HealthEndpoint.listen(
            configuration.health, provider: configuration.endpoint, logger: logger)
        let scrapes = try await MetricsEndpoint.listen(
            configuration.metrics, registry: registry, logger: logger)
        var watchers: [any Service] = [health, scrapes]
        if let events { watchers.append(events) }
        if let debug = configuration.debug {
            watchers.append(try await DebugEndpoint.listen(debug, version: configuration.version, logger: logger))
        }
        let socket = RPCServerService(configuration: configuration, handler: service.handle, logger: logger)
        let group = ServiceGroup(
            services: [socket, Sweeper(service: service)] + watchers,
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger.quieted)
        try await group.run()
        logger.info("stopped")
    }
}

extension Logger {
    /// For libraries that report at `info` what is no news to an operator.
    fileprivate var quieted: Logger {
        var copy = self
        copy.logLevel = max(.warning, logLevel)
        return copy
    }
}

/// Opens the socket and keeps it open until the process is asked to stop, then lets running mounts finish.
///
/// It listens only once it runs, and so with the signals' handlers in place: whoever sees the socket can
/// also stop the process in an orderly way.
private struct RPCServerService: Service {
    let configuration: ProviderConfiguration
    let handler: RPCServer.Handler
    let logger: Logger

    func run() async throws {
        let server = try RPCServer.start(
            endpoint: configuration.endpoint, version: configuration.providerVersion, handler: handler)
        logger.info(
            "serving",
            metadata: ["endpoint": "\(configuration.endpoint)", "version": "\(configuration.version)"])
        var grace = configuration.drainTimeout
        do {
            try await gracefulShutdown()
        } catch {
            // Cancelled, because another service failed: there is nothing to wait for.
            grace = .zero
        }
        logger.info("stopping", metadata: ["running_mounts": "\(server.runningMounts)"])
        await server.stop(grace: grace)
    }
}

/// Wipes what has expired, so that a node on which nothing happens any more holds no values, and gives
/// back the memory of busier times.
private struct Sweeper: Service {
    let service: MountHandler

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: .seconds(30))) != nil {
                service.sweep()
                process_trim_memory()
            }
        }
    }
}
