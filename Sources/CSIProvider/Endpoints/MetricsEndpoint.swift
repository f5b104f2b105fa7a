internal import Logging
internal import NIOHTTP1

/// The HTTP endpoint that Prometheus scrapes.
package enum MetricsEndpoint {
    /// The settings of the endpoint.
    package struct Configuration: Sendable {
        package var host: String
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    static func listen(
        _ configuration: Configuration, registry: MetricsRegistry, logger: Logger
    ) async throws -> HTTPEndpoint {
        let endpoint = try await HTTPEndpoint.listen(
            host: configuration.host, port: configuration.port,
            routes: [
                "/metrics": {
                    HTTPEndpoint.Answer(
                        status: .ok, text: registry.page,
                        contentType: "text/plain; version=0.0.4; charset=utf-8")
                }
            ], logger: logger)
        logger.info("metrics endpoint", metadata: ["port": "\(endpoint.port)"])
        return endpoint
    }
}
