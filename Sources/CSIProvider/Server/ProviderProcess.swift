internal import Azure
package import Logging
internal import ProviderTransport
internal import ServiceLifecycle
internal import UnixSignals

/// The DaemonSet's process: socket, health endpoint, and an orderly end on SIGTERM and SIGINT.
package enum ProviderProcess {
    /// Serves until a signal arrives. Throws when it cannot listen.
    package static func run(_ configuration: ProviderConfiguration, logger: Logger) async throws {
        let transport = AsyncHTTPTransport(configuration: configuration.network, logger: logger)
        let metrics = ProviderMetrics()
        let service = ProviderService(
            mounts: MountService(settings: configuration.mounts, transport: transport, metrics: metrics),
            metrics: metrics, logger: logger)
        // The endpoints that only watch come first: with a port taken, no socket appears at all.
        let health = try await HealthEndpoint.listen(
            configuration.health, provider: configuration.endpoint, logger: logger)
        let scrapes = try await MetricsEndpoint.listen(configuration.metrics, metrics: metrics, logger: logger)
        var watchers = [health, scrapes]
        if let debug = configuration.debug {
            watchers.append(try await DebugEndpoint.listen(debug, version: configuration.version, logger: logger))
        }
        let socket = SocketService(configuration: configuration, handler: service.handle, logger: logger)
        let group = ServiceGroup(
            services: [socket] + watchers, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger.quieted)
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
private struct SocketService: Service {
    let configuration: ProviderConfiguration
    let handler: MountHandler
    let logger: Logger

    func run() async throws {
        let server = try RPCServer.start(
            endpoint: configuration.endpoint, identity: configuration.identity, handler: handler)
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
