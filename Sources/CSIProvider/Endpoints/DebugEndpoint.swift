internal import Logging
internal import NIOHTTP1

/// Serves pages about this process, for operators with a shell on the node, on the port on which upstream serves Go's
/// profiles.
///
/// This process does not have a Go runtime to profile. The pages show memory, threads, files and connections instead.
/// They contain nothing from a request, a token or a vault.
package enum DebugEndpoint {
    /// The settings of the endpoint.
    package struct Configuration: Sendable {
        package var port: Int

        package init(port: Int) {
            self.port = port
        }
    }

    /// The pages are for the node itself only, so the address cannot be configured.
    private static let host = "127.0.0.1"
    private static let prefix = "/debug/pprof/"

    static func listen(
        _ configuration: Configuration, version: String, logger: Logger
    ) async throws -> HTTPEndpoint {
        let start = ContinuousClock.now
        let index: HTTPEndpoint.Route = {
            page(text(version: version, uptime: ContinuousClock.now - start))
        }
        let endpoint = try await HTTPEndpoint.listen(
            host: host, port: configuration.port,
            routes: [
                prefix: index, String(prefix.dropLast()): index,
                prefix + "heap": { page(ProcessMemory.text()) },
                prefix + "threads": { page(ProcessThreads.text()) },
                prefix + "files": { page(ProcessFiles.text()) },
                prefix + "connections": { page(ProcessConnections.text()) },
            ], logger: logger)
        logger.info("debug endpoint", metadata: ["port": "\(endpoint.port)", "path": "\(prefix)"])
        return endpoint
    }

    private static func page(_ text: String) -> HTTPEndpoint.Answer {
        HTTPEndpoint.Answer(status: .ok, text: text)
    }

    private static func text(version: String, uptime: Duration) -> String {
        """
        akv-csi \(version), up for \(uptime.components.seconds) s

        heap         memory as the kernel counts it
        threads      each thread's name, state and processor time
        files        open file descriptors by kind, and their limit
        connections  this process's TCP connections and their state

        Go profiles are not available, because this program is not written in Go. The pages never show secrets.

        """
    }
}
