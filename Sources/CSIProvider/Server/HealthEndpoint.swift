package import Hummingbird
package import Logging
internal import NIOCore
package import ProviderTransport

/// The HTTP endpoint behind the DaemonSet's probes.
///
/// A liveness answer is worth something only if it takes the driver's way: each request makes a real
/// health call over the socket.
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
    package static func application(
        _ configuration: Configuration,
        provider: Endpoint,
        logger: Logger
    ) -> some ApplicationProtocol {
        let client = RPCClient(endpoint: provider)
        let router = Router()
        router.get(RouterPath(configuration.path)) { _, _ in
            do throws(RPCStatus) {
                guard try await client.isServing(timeout: configuration.timeout) else {
                    return Response.plain(.serviceUnavailable, "not serving\n")
                }
                return Response.plain(.ok, "ok")
            } catch {
                return Response.plain(.serviceUnavailable, "\(error.message)\n")
            }
        }
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        return Application(
            router: router,
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: nil),
            onServerRunning: { channel in
                logger.info("health endpoint", metadata: ["port": "\(channel.localAddress?.port ?? 0)"])
            },
            logger: quiet)
    }
}

extension Response {
    static func plain(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
