internal import Documents
internal import Logging
internal import NIOHTTP1
internal import ProviderCore

/// The unix socket from which `akv-csi status` reads the state of the node's volumes.
///
/// Only the provider's own user and root can open it. The status names pods, identities, objects and versions, and
/// never a value.
package enum StatusEndpoint {
    /// The settings of the endpoint.
    package struct Configuration: Sendable, Equatable {
        package var path: String

        package init(path: String) {
            self.path = path
        }
    }

    /// Starts to listen. Returns nil, and logs a warning, if the socket cannot be opened, because mounts do not depend
    /// on it.
    static func listen(
        _ configuration: Configuration, logger: Logger, status: @escaping @Sendable () -> NodeStatus
    ) async -> HTTPEndpoint? {
        do {
            let endpoint = try await HTTPEndpoint.listen(
                unixSocket: configuration.path,
                routes: [
                    NodeStatus.requestPath: {
                        HTTPEndpoint.Answer(
                            status: .ok, text: status().json.compact, contentType: "application/json")
                    }
                ], logger: logger)
            logger.info("status socket", metadata: ["path": "\(configuration.path)"])
            return endpoint
        } catch {
            logger.warning(
                "akv-csi status cannot be served",
                metadata: ["code": "\(LogCode.statusUnavailable.rawValue)", "error": "\(error)"])
            return nil
        }
    }
}
