import AzureTestSupport
import CSIProvider
import ProviderTransport

/// A node, and the calls that a driver repeats with the very same bytes.
struct RepeatedCalls {
    let node: TestNode

    init(policy: PolicyFile? = nil) { node = TestNode(policy: policy, audit: .changes) }

    init(_ node: TestNode) { self.node = node }

    var azure: FakeAzure { node.azure }
    var handler: MountHandler { node.provider.handler }

    func message(_ pod: TestNode.Pod = .init()) throws -> MountRequestMessage {
        MountRequestMessage(
            attributes: Array(try node.attributes(pod)), secrets: Array(pod.secrets.utf8),
            targetPath: TestNode.targetPath(pod), permission: "420")
    }

    /// The files, or the error's text.
    @discardableResult
    func mount(_ pod: TestNode.Pod = .init()) async throws -> String { try await mount(message(pod)) }

    @discardableResult
    func mount(_ message: MountRequestMessage) async -> String {
        do throws(RPCStatus) {
            let response = try await handler.handle(IncomingMount(request: message, secondsLeft: 110))
            return response.files.map { file in
                var text = ""
                file.contents.withBytes { text = String(decoding: $0, as: UTF8.self) }
                return "\(file.path)=\(text)"
            }.joined(separator: " ")
        } catch {
            return error.message
        }
    }

    /// Whether the next such call is answered from the last response.
    func isRepeated(_ pod: TestNode.Pod = .init()) throws -> Bool { handler.isRepeated(try message(pod)) }
}
