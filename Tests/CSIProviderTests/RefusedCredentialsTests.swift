import Azure
import AzureTestSupport
import ProviderCore
import Testing

@Suite("A credential that Entra refuses")
struct RefusedCredentialsTests {
    private let node = TestNode()
    /// A pod whose ServiceAccount does not have a federated credential.
    private let pod = TestNode.Pod(serviceAccount: "sa-9")

    private func mount(after duration: Duration = .zero, _ pod: TestNode.Pod? = nil) async throws -> ErrorCode? {
        node.azure.advance(duration)
        return try await node.failure(pod ?? self.pod)
    }

    @Test("a refused credential is not sent again for ten seconds, and the error has the same text and code")
    func remembered() async throws {
        let first = try #require(try await node.error(pod))
        #expect(first.code == .exchangeRefused)
        node.azure.advance(.seconds(4))
        let second = try #require(try await node.error(pod))
        #expect(second.code == first.code)
        #expect(second.message == first.message + " (refused 4 s ago; sent again after another 6 s)")
        #expect(second.hint == first.hint)
        #expect(node.azure.count("token") == 1)
        _ = try await mount(after: .seconds(6))
        #expect(node.azure.count("token") == 2)
    }

    @Test("a refused credential is accepted at most ten seconds after its federated credential exists")
    func fixed() async throws {
        _ = try await mount()
        node.azure.change { $0.federation.insert("app-1 sa-9") }
        #expect(try await mount(after: .seconds(9)) == .exchangeRefused)
        #expect(try await mount(after: .seconds(1)) == nil)
        // The refusal is completely removed.
        node.azure.change { $0.federation.remove("app-1 sa-9") }
        #expect(try await mount(after: .seconds(4000)) == .exchangeRefused)
        #expect(try await mount(after: .seconds(10)) == .exchangeRefused)
        #expect(node.azure.count("token") == 4)
    }

    @Test("a refused credential is sent at growing intervals, but at least once a minute")
    func repeated() async throws {
        var times: [Int] = []
        for second in 0..<300 {
            let before = node.azure.count("token")
            _ = try await mount(after: .seconds(second == 0 ? 0 : 1))
            if node.azure.count("token") > before { times.append(second) }
        }
        #expect(times == [0, 10, 30, 70, 130, 190, 250])
    }

    @Test("a refusal does not affect another assertion, client, tenant or namespace")
    func others() async throws {
        _ = try await mount()
        var calls = 1
        for change: (inout TestNode.Pod) -> Void in [
            { $0.serial = 1 }, { $0.client = "app-2" }, { $0.tenant = "another" }, { $0.namespace = "other" },
        ] {
            var other = pod
            change(&other)
            #expect(try await node.failure(other) == .exchangeRefused)
            calls += 1
            #expect(node.azure.count("token") == calls)
        }
    }

    @Test("a credential is sent again immediately after an outage or throttling", arguments: [503, 429])
    func outage(status: Int) async throws {
        node.azure.change { $0.entraStatus = status }
        _ = try await mount()
        node.azure.change { state in
            state.entraStatus = nil
            state.federation.insert("app-1 sa-9")
        }
        #expect(try await mount() == nil)
    }

    @Test("a refused credential is sent with every mount if the caches are off")
    func withoutCache() async throws {
        let node = TestNode { $0.keepsTokens = false }
        for _ in 0..<3 { #expect(try await node.failure(pod) == .exchangeRefused) }
        #expect(node.azure.count("token") == 3)
    }

    @Test("places at Entra are left for other namespaces, whatever the number of clients that one of them names")
    func placesForOthers() async throws {
        let (gate, node) = (Gate(), node)
        node.azure.change { state in
            state.onArrival = { call in
                if call.hasPrefix("token loud") { await gate.wait() }
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<300 {
                group.addTask { _ = try await node.failure(.init(namespace: "loud", client: "loud-\(index)")) }
            }
            while node.azure.count("token loud") < 25 { await Task.yield() }
            #expect(try await node.mount(.init(namespace: "quiet")) == ["user": "user1"])
            #expect(node.azure.count("token loud") == 25)
            await gate.open()
            try await group.waitForAll()
        }
        #expect(node.azure.count("token loud") == 300)
    }
}
