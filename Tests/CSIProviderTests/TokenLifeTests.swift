import AzureTestSupport
import ProviderCore
import TestSupport
import Testing

@Suite("The lifetime of an access token")
struct TokenLifeTests {
    /// Mounts again after `duration`.
    private func mount(_ node: TestNode, after duration: Duration, _ pod: TestNode.Pod = .init()) async throws {
        node.azure.advance(duration)
        #expect(try await node.mount(pod) == ["user": "user1"])
    }

    @Test("a token is reused for four fifths of its lifetime, and renewed while it is still valid")
    func renewal() async throws {
        let node = TestNode()
        try await mount(node, after: .zero)
        try await mount(node, after: .seconds(2800))
        #expect(node.azure.count("token") == 1)
        // After this age, the old token is used immediately, and a new one is requested meanwhile.
        try await mount(node, after: .seconds(100))
        #expect(try await eventually { node.azure.count("token") == 2 })
        try await mount(node, after: .seconds(1000))
        #expect(node.azure.count("token") == 2)
    }

    @Test("a token is used until it expires if Entra is unreachable")
    func outage() async throws {
        let node = TestNode()
        try await mount(node, after: .zero)
        node.azure.change { $0.entraStatus = 503 }
        try await mount(node, after: .seconds(3000))
        node.azure.advance(.seconds(600))
        #expect(try await node.failure(.init()) == .serviceUnavailable)
    }

    @Test("a token is removed immediately if its renewal is refused")
    func refusedRenewal() async throws {
        let node = TestNode()
        try await mount(node, after: .zero)
        node.azure.change { $0.federation = [] }
        node.azure.advance(.seconds(2900))
        _ = try await node.mount(.init())
        #expect(try await eventually { try await node.failure(.init()) == .exchangeRefused })
    }

    @Test("a token is not reused for another assertion of the same account")
    func rotatedAssertion() async throws {
        let node = TestNode()
        try await mount(node, after: .zero)
        try await mount(node, after: .seconds(1), .init(serial: 1))
        #expect(node.azure.count("token") == 2)
    }

    @Test("a token with a very short lifetime is requested every time")
    func shortLife() async throws {
        let node = TestNode()
        node.azure.change { $0.tokenLifetime = 0 }
        for _ in 0..<3 { try await mount(node, after: .seconds(1)) }
        #expect(node.azure.count("token") == 3)
    }

    @Test("an expired assertion is refused, even if the access token is cached")
    func expiredAssertion() async throws {
        let node = TestNode()
        try await mount(node, after: .zero)
        #expect(try await node.failure(.init(expiry: FakeAzure.start)) == .tokenExpired)
    }

    // The driver's sync controller sends the name of its own pod and one path for all classes.
    @Test("a token belongs to an identity, not to the pod that the driver names")
    func manyIdentitiesUnderOnePod() async throws {
        let node = TestNode()
        node.azure.change { $0.roles = ["app-1 kv-a"] }
        let one = TestNode.Pod(name: "controller", namespace: "team-1")
        let two = TestNode.Pod(name: "controller", namespace: "team-1", serviceAccount: "sa-2", client: "app-2")
        for _ in 0..<3 {
            #expect(try await node.mount(one) == ["user": "user1"])
            #expect(try await node.failure(two) == .vaultForbidden)
        }
    }

    @Test("a token of the node's identity, and its values, are not shared between accounts")
    func nodeIdentity() async throws {
        let node = TestNode()
        let mode = ["useVMManagedIdentity": "true", "clientID": ""]
        for (index, account) in ["sa-1", "sa-2"].enumerated() {
            _ = try await node.mount(.init(name: "a\(index)", serviceAccount: account, parameters: mode))
            _ = try await node.mount(.init(name: "b\(index)", serviceAccount: account, parameters: mode))
            #expect(node.azure.count("token") == index + 1)
            #expect(node.azure.count("get") == index + 1)
        }
    }
}
