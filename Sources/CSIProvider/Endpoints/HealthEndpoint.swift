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

    /// Answers 200 `ok` while the provider serves, and 503 with the reason otherwise.
    static func listen(
        _ configuration: Configuration, provider: Endpoint, logger: Logger
    ) async throws -> HTTPEndpoint {
        let endpoint = try await HTTPEndpoint.listen(
            host: configuration.host, port: configuration.port,
            routes: [
                configuration.path: {
                    do throws(RPCStatus) {
                        let isServing = try await RPCClient(endpoint: provider).isServing(
                            timeout: configuration.timeout)
                        return isServing
                            ? HTTPEndpoint.Answer(status: .ok, text: "ok")
                            : HTTPEndpoint.Answer(status: .serviceUnavailable, text: "not serving\n")
                    } catch {
                        let reason =
                            error.code == .deadlineExceeded
                            ? "no answer to the health call within \(GoDuration.text(configuration.timeout))"
                                + " (--healthz-timeout)" : error.message
                        return HTTPEndpoint.Answer(status: .serviceUnavailable, text: "\(reason)\n")
                    }
                }
            ], logger: logger)
        logger.info("health endpoint", metadata: ["port": "\(endpoint.port)", "path": "\(configuration.path)"])
        return endpoint
    }
}
