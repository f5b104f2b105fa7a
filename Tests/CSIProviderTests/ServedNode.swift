import Azure
import CSIProvider
import ProviderTransport
import TestSupport

/// A node's provider as the driver meets it, with its log.
struct ServedNode: Sendable {
    let node: TestNode
    let log: RecordedLog
    let service: MountHandler
    /// Holds the policy.
    private var directory: TemporaryDirectory?

    init(audit: AuditLog.Level = .off, _ change: (inout CacheSettings) -> Void = { _ in }) {
        (node, log) = (TestNode(change), RecordedLog())
        service = MountHandler(mounts: node.mounts, logger: log.logger, audit: audit, time: node.azure.time)
    }

    init(
        serving node: TestNode, logging log: RecordedLog, audit: AuditLog.Level = .off, events: EventPoster? = nil
    ) {
        (self.node, self.log) = (node, log)
        service = MountHandler(
            mounts: node.mounts, logger: log.logger, audit: audit, events: events, time: node.azure.time)
    }

    /// With events on pods, posted by what `make` gives.
    static func withEvents(
        _ make: (RecordedLog, TimeSource) throws -> EventPoster
    ) throws -> (node: ServedNode, poster: EventPoster) {
        let (node, log) = (TestNode(), RecordedLog())
        let poster = try make(log, node.azure.time)
        return (ServedNode(serving: node, logging: log, events: poster), poster)
    }

    init(audit: AuditLog.Level, policy: String) throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        log = RecordedLog()
        node = TestNode(
            policy: try PolicyFile(path: directory.write(policy.utf8, to: "policy.yaml"), logger: log.logger))
        service = MountHandler(mounts: node.mounts, logger: log.logger, audit: audit, time: node.azure.time)
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
