internal import Documents
internal import Logging
internal import NIOHTTP1
internal import ProviderCore

/// The socket that `akv-csi status` asks what the provider holds.
///
/// It is a unix socket for the provider's own user and root. The status names pods, identities, objects and versions, and
/// never a value.
package enum StatusEndpoint {
    package struct Configuration: Sendable, Equatable {
        package var path: String

        package init(path: String) {
            self.path = path
        }
    }

    /// Nil, and a warning in the log, if the socket cannot be opened: mounts do not depend on it.
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
