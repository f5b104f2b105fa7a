import Azure
import CSIProvider
import ProviderTransport
import TestSupport

/// A node's provider behind the handler that the driver calls, with its log.
struct ServedNode: Sendable {
    let node: TestNode
    /// The directory of the policy.
    private var directory: TemporaryDirectory?

    var log: RecordedLog { node.log }
    var service: MountHandler { node.provider.handler }

    init(audit: AuditLog.Level = .off, _ change: (inout CacheSettings) -> Void = { _ in }) {
        self.init(serving: TestNode(audit: audit, change))
    }

    init(serving node: TestNode) {
        self.node = node
    }

    init(audit: AuditLog.Level, policy: String) throws {
        let directory = try TemporaryDirectory()
        let file = try PolicyFile(
            path: directory.write(policy.utf8, to: "policy.yaml"), logger: RecordedLog().logger)
        self.init(serving: TestNode(policy: file, audit: audit))
        self.directory = directory
    }

    /// The answer's code.
    @discardableResult
    func mount(_ pod: TestNode.Pod = .init(), at path: String? = nil) async throws -> RPCCode {
        let message = MountRequestMessage(
            attributes: Array(try node.attributes(pod)), secrets: Array(pod.secrets.utf8),
            targetPath: path ?? TestNode.targetPath(pod), permission: "420")
        do throws(RPCStatus) {
            _ = try await service.handle(IncomingMount(request: message, secondsLeft: 110))
            return .ok
        } catch {
            return error.code
        }
    }
}
