import AzureTestSupport
import CSIProvider

/// A node whose provider reads the annotations of service accounts from a cluster's API server.
struct AnnotatedNode {
    static let client = "azure.workload.identity/client-id"
    static let tenant = "azure.workload.identity/tenant-id"

    let server: FakeAPIServer
    let node: TestNode

    /// With `postsEvents`, it also posts events to that API server.
    init(policy: PolicyFile? = nil, audit: AuditLog.Level = .off, postsEvents: Bool = false) throws {
        server = try FakeAPIServer()
        let configuration = try server.configuration()
        node = TestNode(
            policy: policy, audit: audit, apiServer: server, events: postsEvents ? configuration : nil,
            annotations: configuration)
        annotate([Self.client: "app-1"])
        azure.change { state in
            for (client, account) in [("app-1", "web"), ("app-2", "web"), ("app-1", "batch")] {
                state.federation.insert("\(client) system:serviceaccount:team:\(account)")
            }
        }
    }

    /// Replaces the annotations of the ServiceAccount web.
    func annotate(_ annotations: [String: String], of account: String = "team/web") {
        server.change { $0.accounts[account] = annotations }
    }

    var azure: FakeAzure { node.azure }
    var log: RecordedLog { node.log }

    /// The number of requests to the API server.
    var reads: Int { server.calls.count }

    /// A pod whose class does not set a client.
    static func pod(_ name: String = "pod", account: String = "web", parameters: [String: String] = [:]) -> TestNode.Pod
    {
        TestNode.Pod(
            name: name, serviceAccount: "system:serviceaccount:team:\(account)", client: "",
            parameters: [
                "csi.storage.k8s.io/serviceAccount.name": account, "secretProviderClass": "payments",
            ].merging(parameters) { $1 })
    }
}
