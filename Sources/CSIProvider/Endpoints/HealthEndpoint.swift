internal import Documents
internal import Logging
internal import NIOHTTP1
internal import ProviderTransport

/// The HTTP endpoint behind the DaemonSet's probes.
///
/// A liveness answer is worth something only if it takes the driver's way: each request connects to the
/// socket and makes a real health call. A connection kept from before would not notice that the socket's
/// file is gone, and with it the driver's way back after its restart.
package enum HealthEndpoint {
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

    /// How long an answer is kept, so that many callers cannot cause many calls.
    private static let lifetime = Duration.seconds(1)

    /// Answers 200 `ok` while the provider serves, and 503 with the reason otherwise. An answer is kept for a second,
    /// and callers that ask at the same time share one call.
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
