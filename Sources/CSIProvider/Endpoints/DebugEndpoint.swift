internal import Logging
internal import NIOHTTP1

/// Where upstream serves Go's profiles: pages about this process, for operators with a shell on the node.
///
/// There is no Go runtime to profile, so they show what is asked first when something is slow, large or
/// stuck. Nothing on them comes from a request, a token or a vault.
package enum DebugEndpoint {
    package struct Configuration: Sendable {
        package var port: Int

        package init(port: Int) {
            self.port = port
        }
    }

    /// The node's network has no business here, so there is no choice of another address.
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

        There are no Go profiles: this is not a Go program. None of these pages shows a secret.

        """
    }
}
