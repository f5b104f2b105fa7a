internal import Documents
internal import Logging
internal import NIOHTTP1
internal import ProviderTransport

/// The HTTP endpoint for the DaemonSet's probes.
///
/// A liveness check must use the same path as the driver: each one connects to the provider's socket and makes a real
/// health call. With a connection that it kept open, it would not notice that the socket file is gone, although the
/// driver could then not reconnect after a restart.
package enum HealthEndpoint {
    /// The settings of the endpoint.
    package struct Configuration: Sendable {
        package var host: String
        package var port: Int
        package var path: String
        package var timeout: Duration

        package init(host: String, port: Int, path: String, timeout: Duration) {
            self.host = host
            self.port = port
            self.path = path
            self.timeout = timeout
        }
    }

    /// The time for which a result is reused, so that many callers cannot cause many calls.
    private static let lifetime = Duration.seconds(1)

    /// Starts to listen. The endpoint responds with 200 `ok` while the provider serves, and otherwise with 503 and the
    /// reason. A result is reused for a second, and concurrent callers share one call.
    static func listen(
        _ configuration: Configuration, provider: Endpoint, logger: Logger
    ) async throws -> HTTPEndpoint {
        let start = ContinuousClock.now
        let recent = RecentAnswer(lifetime: lifetime, now: { ContinuousClock.now - start }) {
            await answer(of: provider, timeout: configuration.timeout)
        }
        let endpoint = try await HTTPEndpoint.listen(
            host: configuration.host, port: configuration.port,
            routes: [configuration.path: { await recent.value() }], logger: logger)
        logger.info("health endpoint", metadata: ["port": "\(endpoint.port)", "path": "\(configuration.path)"])
        return endpoint
    }

    private static func answer(of provider: Endpoint, timeout: Duration) async -> HTTPEndpoint.Answer {
        do throws(RPCStatus) {
            let isServing = try await RPCClient(endpoint: provider).isServing(timeout: timeout)
            return isServing
                ? HTTPEndpoint.Answer(status: .ok, text: "ok")
                : HTTPEndpoint.Answer(status: .serviceUnavailable, text: "not serving\n")
        } catch {
            let reason =
                error.code == .deadlineExceeded
                ? "no answer to the health call within \(GoDuration.text(timeout)) (--healthz-timeout)"
                : error.message
            return HTTPEndpoint.Answer(status: .serviceUnavailable, text: "\(reason)\n")
        }
    }
}
