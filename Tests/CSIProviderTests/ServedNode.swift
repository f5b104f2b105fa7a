import Azure
import CSIProvider
import ProviderCore
import ProviderTransport
import TestSupport

/// A node's provider as the driver meets it, with its log.
struct ServedNode: Sendable {
    let node: Node
    let log = RecordedLog()
    let service: ProviderService
    /// Holds the policy.
    private var directory: TemporaryDirectory?

    init(audit: AuditLog.Extent = .off, _ change: (inout CacheSettings) -> Void = { _ in }) {
        node = Node(change)
        service = ProviderService(mounts: node.mounts, logger: log.logger, audit: audit, time: node.azure.time)
    }

    init(audit: AuditLog.Extent, policy: String) throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        node = Node(
            policy: try PolicyFile(path: directory.write(policy.utf8, to: "policy.yaml"), logger: log.logger))
        service = ProviderService(mounts: node.mounts, logger: log.logger, audit: audit, time: node.azure.time)
    }

    /// The answer's code.
    @discardableResult
    func mount(_ pod: Node.Pod = .init(), at path: String? = nil) async throws -> RPCCode {
        let message = MountRequestMessage(
            attributes: Array(try node.attributes(pod)), secrets: Array("null".utf8),
            targetPath: path ?? Node.targetPath(pod), permission: "420")
        do throws(RPCStatus) {
            _ = try await service.handle(IncomingMount(request: message, secondsLeft: 110))
            return .ok
        } catch {
            return error.code
        }
    }
}
