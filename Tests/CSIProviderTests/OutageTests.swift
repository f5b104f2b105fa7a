import Azure
import AzureTestSupport
import CSIProvider
import ProviderCore
import Testing

@Suite("An outage of a vault")
struct OutageTests {
    /// The failures of a vault that are outages and not refusals.
    private static let outages: [@Sendable (inout FakeAzure.State) -> Void] = [
        { $0.isUnreachable = true }, { $0.vaultStatus = 503 }, { $0.vaultStatus = 429 }, { $0.vaultStatus = 500 },
    ]

    @Test("the last known values are served if the operator allows it", arguments: outages.indices)
    func stale(index: Int) async throws {
        let node = TestNode { $0.staleIfError = .seconds(3600) }
        _ = try await node.mount(.init())
        node.azure.change { Self.outages[index](&$0) }
        node.azure.advance(.seconds(600))
        #expect(try await node.mount(.init()) == ["user": "user1"])
        // A new pod of the same identity proves its identity and starts too.
        #expect(try await node.mount(.init(name: "new", serial: 1)) == ["user": "user1"])
        #expect(node.provider.metrics.page.contains("akv_csi_contents_total{source=\"stale\"} 2"))
    }

    @Test("stale values are not served by default", arguments: outages.indices)
    func off(index: Int) async throws {
        let node = TestNode()
        _ = try await node.mount(.init())
        node.azure.change { Self.outages[index](&$0) }
        node.azure.advance(.seconds(600))
        #expect(try await node.failure(.init()) != nil)
    }

    @Test("stale values are not older than the operator allows")
    func cap() async throws {
        let node = TestNode { $0.staleIfError = .seconds(3600) }
        _ = try await node.mount(.init())
        node.azure.change { $0.isUnreachable = true }
        node.azure.advance(.seconds(3601))
        #expect(try await node.failure(.init()) == .unreachable)
    }

    @Test("stale values need a token exchange of the same identity")
    func proof() async throws {
        let node = TestNode { $0.staleIfError = .seconds(3600) }
        _ = try await node.mount(.init())
        node.azure.change { $0.isUnreachable = true }
        node.azure.advance(.seconds(600))
        #expect(try await node.failure(.init(name: "x", serviceAccount: "sa-9")) == .exchangeRefused)
        #expect(try await node.failure(.init(name: "y", serviceAccount: "sa-2", client: "app-2")) == .unreachable)
    }

    @Test("stale values end with the access token if Entra is unreachable too")
    func endedProof() async throws {
        let node = TestNode { $0.staleIfError = .seconds(86400) }
        _ = try await node.mount(.init())
        node.azure.change { state in
            state.isUnreachable = true
            state.entraStatus = 503
        }
        node.azure.advance(.seconds(3000))
        #expect(try await node.mount(.init()) == ["user": "user1"])
        node.azure.advance(.seconds(600))
        #expect(try await node.failure(.init()) == .serviceUnavailable)
    }

    @Test("stale values are not served after a refusal", arguments: [0, 1, 2])
    func refusal(kind: Int) async throws {
        let node = TestNode { $0.staleIfError = .seconds(3600) }
        _ = try await node.mount(.init())
        node.azure.change { state in
            switch kind {
            case 0: state.roles = []
            case 1: state.secrets["kv-a user"] = nil
            default: state.secrets["kv-a user"]?.isEnabled = false
            }
        }
        node.azure.advance(.seconds(600))
        let refused = try await node.failure(.init())
        #expect(refused == [.vaultForbidden, .objectNotFound, .objectDisabled][kind])
        node.azure.change { $0.isUnreachable = true }
        #expect(try await node.failure(.init()) == .unreachable)
    }

    @Test("stale values are not served if another object of the mount has changed")
    func changedSet() async throws {
        let node = TestNode { $0.staleIfError = .seconds(3600) }
        let both = TestNode.Pod(objects: ["user", "password"])
        _ = try await node.mount(both)
        node.azure.change { $0.secrets["kv-a password"] = FakeAzure.Secret(version: 2, value: "password2") }
        node.azure.advance(.seconds(60))
        _ = try await node.mount(.init(name: "b", objects: ["password"]))
        node.azure.change { $0.isUnreachable = true }
        node.azure.advance(.milliseconds(500))
        #expect(try await node.failure(both) == .unreachable)
    }

    @Test("the whole node sends nothing to a throttled vault during its Retry-After")
    func throttled() async throws {
        let node = TestNode()
        node.azure.change { state in
            state.vaultStatus = 429
            state.vaultHeaders = [("Retry-After", "3600")]
        }
        #expect(try await node.failure(.init()) == .throttled)
        for index in 0..<20 { #expect(try await node.failure(.init(name: "pod-\(index)")) == .throttled) }
        #expect(node.azure.count("get") == 1)
        node.azure.change { $0.vaultStatus = nil }
        #expect(try await node.mount(.init(vault: "kv-b")) == ["user": "other user"])
        node.azure.advance(.seconds(3601))
        #expect(try await node.mount(.init()) == ["user": "user1"])
    }

    @Test("an unreachable vault gets only the requests that are already pending")
    func hopeless() async throws {
        let node = TestNode()
        node.azure.change { $0.isUnreachable = true }
        #expect(try await node.failure(.init(objects: (0..<200).map { "s\($0)" })) == .unreachable)
        // Fifty concurrent requests, each with at most four attempts.
        #expect((50...200).contains(node.azure.count("get")))
    }
}
