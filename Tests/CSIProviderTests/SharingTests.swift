import Azure
import AzureTestSupport
import ProviderCore
import Synchronization
import Testing

/// Which pods get the values that another pod has read, and how old they may be, with the exact calls.
@Suite("Sharing between the pods of a node")
struct SharingTests {
    @Test("Pods of one identity each prove themselves, and share one read")
    func sharesValues() async throws {
        let node = TestNode()
        for index in 0..<5 {
            #expect(try await node.mount(.init(name: "pod-\(index)", serial: index)) == ["user": "user1"])
        }
        #expect(node.azure.count("token") == 5)
        #expect(node.azure.count("get") == 1)
    }

    @Test("A republish within the interval sends no request, and after it sends one")
    func republish() async throws {
        let node = TestNode()
        _ = try await node.mount(.init())
        node.azure.change { $0.secrets["kv-a user"] = FakeAzure.Secret(version: 2, value: "user2") }
        node.azure.advance(.seconds(119))
        #expect(try await node.mount(.init()) == ["user": "user1"])
        #expect(node.azure.count("") == 2)
        node.azure.advance(.seconds(2))
        #expect(try await node.mount(.init()) == ["user": "user2"])
        #expect(node.azure.count("token") == 1)
        #expect(node.azure.count("get") == 2)
    }

    @Test("A new pod gets no value older than a second")
    func firstMount() async throws {
        let node = TestNode()
        _ = try await node.mount(.init())
        node.azure.advance(.milliseconds(900))
        _ = try await node.mount(.init(name: "second"))
        #expect(node.azure.count("get") == 1)
        node.azure.change { $0.secrets["kv-a user"] = FakeAzure.Secret(version: 2, value: "user2") }
        node.azure.advance(.milliseconds(200))
        #expect(try await node.mount(.init(name: "third")) == ["user": "user2"])
        #expect(node.azure.count("get") == 2)
    }

    @Test("An edited class is read again")
    func editedClass() async throws {
        let node = TestNode()
        _ = try await node.mount(.init())
        node.azure.advance(.seconds(30))
        _ = try await node.mount(.init(parameters: ["refreshNonce": "2"]))
        #expect(node.azure.count("get") == 2)
    }

    @Test("A failed mount does not count as a known volume")
    func failedFirstMount() async throws {
        let node = TestNode()
        _ = try await node.mount(.init(name: "other", objects: ["user"]))
        node.azure.advance(.seconds(30))
        #expect(try await node.failure(.init(objects: ["user", "missing"])) == .objectNotFound)
        node.azure.change { $0.secrets["kv-a missing"] = FakeAzure.Secret(version: 1, value: "here") }
        node.azure.advance(.seconds(30))
        let before = node.azure.count("get kv-a user")
        _ = try await node.mount(.init(objects: ["user", "missing"]))
        #expect(node.azure.count("get kv-a user") == before + 1)
    }

    @Test("Two names that only look alike share nothing")
    func lookalikes() async throws {
        let node = TestNode()
        node.azure.change { $0.secrets["kv-a Key"] = FakeAzure.Secret(version: 1, value: "value") }
        #expect(try await node.mount(.init(objects: ["Key"])) == ["Key": "value"])
        // To Swift, the Kelvin sign is a K.
        #expect(try await node.failure(.init(name: "other", objects: ["\u{212A}ey"])) == .requestRefused)
        #expect(node.azure.count("get") == 2)
    }

    /// Every field on which the decision of Azure or of the node depends.
    static let differences: [(field: String, pod: TestNode.Pod, calls: Int)] = [
        ("the client", .init(serviceAccount: "sa-2", client: "app-2"), 1),
        ("the tenant", .init(tenant: "another"), 1),
        ("the vault", .init(vault: "kv-b"), 1),
        ("the version", .init(version: "v1"), 1),
        ("the name", .init(objects: ["password"]), 1),
        ("the cloud", .init(parameters: ["cloudName": "AzureUSGovernmentCloud"]), 1),
        ("nothing but the account", .init(serviceAccount: "sa-3"), 0),
    ]

    @Test("A difference in any field of the key shares nothing", arguments: differences.indices)
    func keys(index: Int) async throws {
        let (field, pod, calls) = Self.differences[index]
        let node = TestNode()
        _ = try await node.mount(.init())
        let before = node.azure.count("get")
        var other = pod
        (other.name, other.serial) = ("other", 1)
        _ = try await node.mount(other)
        #expect(node.azure.count("get") - before == calls, "\(field)")
        #expect(node.azure.count("token") == 2, "\(field)")
    }

    @Test("An account that Entra refuses gets nothing, even if the value is cached")
    func proofFirst() async throws {
        let node = TestNode()
        _ = try await node.mount(.init())
        #expect(try await node.failure(.init(name: "thief", serviceAccount: "sa-2")) == .exchangeRefused)
        #expect(try await node.failure(.init(name: "thief", serviceAccount: "sa-9")) == .exchangeRefused)
        // The same account with a new assertion gets nothing either, once the federated credential is removed.
        node.azure.change { $0.federation = [] }
        #expect(try await node.failure(.init(serial: 7)) == .exchangeRefused)
        #expect(node.azure.count("get") == 1)
    }

    @Test("A revoked role ends sharing with the next read, for everything of that vault")
    func revokedRole() async throws {
        let node = TestNode()
        let both = TestNode.Pod(objects: ["user", "password"])
        _ = try await node.mount(both)
        node.azure.change { $0.roles.remove("app-1 kv-a") }
        node.azure.advance(.seconds(60))
        // The vault refuses the read of a new pod ...
        #expect(try await node.failure(.init(name: "new", serial: 1)) == .vaultForbidden)
        // ... which also removes the values that the old pod could still have got.
        #expect(try await node.failure(both) == .vaultForbidden)
        // The other principal is not affected.
        #expect(try await node.mount(.init(name: "two", serviceAccount: "sa-2", client: "app-2")) == ["user": "user1"])
    }

    @Test("A disabled or deleted object is removed, and others are kept", arguments: [true, false])
    func disabledObject(disabled: Bool) async throws {
        let node = TestNode()
        let both = TestNode.Pod(objects: ["user", "password"])
        _ = try await node.mount(both)
        node.azure.change { state in
            if disabled { state.secrets["kv-a user"]?.isEnabled = false } else { state.secrets["kv-a user"] = nil }
        }
        node.azure.advance(.seconds(30))
        _ = try await node.failure(.init(name: "new"))
        let before = node.azure.count("get")
        #expect(try await node.failure(both) == (disabled ? .objectDisabled : .objectNotFound))
        #expect(node.azure.count("get kv-a user") == 3)
        #expect(node.azure.count("get") == before + 1)
    }

    @Test("A token that the vault rejects is replaced once, and the rejected one is removed")
    func rejectedToken() async throws {
        let node = TestNode()
        _ = try await node.mount(.init())
        node.azure.change { $0.tokens = [:] }
        node.azure.advance(.seconds(121))
        #expect(try await node.mount(.init()) == ["user": "user1"])
        #expect(node.azure.count("token") == 2)
        #expect(node.azure.count("get") == 3)
    }

    @Test("A user's name and password are never from different rotations")
    func setConsistency() async throws {
        let node = TestNode()
        let both = TestNode.Pod(objects: ["user", "password"])
        _ = try await node.mount(both)
        node.azure.change { state in
            state.secrets["kv-a user"] = FakeAzure.Secret(version: 2, value: "user2")
            state.secrets["kv-a password"] = FakeAzure.Secret(version: 2, value: "password2")
        }
        // Another pod reads one of the two. The other value of the first pod would still be fresh enough by itself.
        node.azure.advance(.seconds(60))
        #expect(try await node.mount(.init(name: "b", objects: ["password"])) == ["password": "password2"])
        #expect(try await node.mount(both) == ["user": "user2", "password": "password2"])
        #expect(node.azure.count("get") == 4)
        // Both values are current again: no more reads.
        _ = try await node.mount(both)
        #expect(node.azure.count("get") == 4)
    }

    @Test("A class's own interval is limited by the operator's bounds")
    func classInterval() async throws {
        let node = TestNode()
        let pod = TestNode.Pod(parameters: ["refreshInterval": "30s"])
        _ = try await node.mount(pod)
        node.azure.advance(.seconds(31))
        _ = try await node.mount(pod)
        #expect(node.azure.count("get") == 2)
        let eager = TestNode.Pod(name: "eager", parameters: ["refreshInterval": "1ms"])
        _ = try await node.mount(eager)
        node.azure.advance(.seconds(9))
        _ = try await node.mount(eager)
        #expect(node.azure.count("get") == 2)
    }

    @Test("With all caches disabled each mount requests everything, as upstream does")
    func switchedOff() async throws {
        let node = TestNode { $0 = .off }
        for _ in 0..<3 { _ = try await node.mount(.init()) }
        #expect(node.azure.count("token") == 3)
        #expect(node.azure.count("get") == 3)
    }

    @Test("Each cache can be disabled alone")
    func switches() async throws {
        let tokenless = TestNode { $0.keepsTokens = false }
        for _ in 0..<3 { _ = try await tokenless.mount(.init()) }
        #expect(tokenless.azure.count("token") == 3)
        #expect(tokenless.azure.count("get") == 1)
        let valueless = TestNode { $0.valueBytes = 0 }
        for _ in 0..<3 { _ = try await valueless.mount(.init()) }
        #expect(valueless.azure.count("token") == 1)
        #expect(valueless.azure.count("get") == 3)
    }

    @Test("A burst of pods needs one token exchange each and one request for the value")
    func storm() async throws {
        let node = TestNode()
        try await withThrowingTaskGroup(of: [String: String].self) { group in
            for index in 0..<110 {
                group.addTask { try await node.mount(.init(name: "pod-\(index)", serial: index)) }
            }
            for try await files in group { #expect(files == ["user": "user1"]) }
        }
        #expect(node.azure.count("token") == 110)
        #expect(node.azure.count("get") == 1)
    }

    @Test("A cancelled mount does not cancel the request that others wait for")
    func cancellation() async throws {
        let node = TestNode()
        let (arrived, arrive) = AsyncStream<Void>.makeStream()
        let (released, release) = AsyncStream<Void>.makeStream()
        node.azure.change { state in
            state.onArrival = { call in
                guard call.hasPrefix("get") else { return }
                arrive.yield()
                for await _ in released { break }
            }
        }
        let first = Task { try await node.mount(.init(name: "first")) }
        for await _ in arrived { break }
        let second = Task { try await node.mount(.init(name: "second", serial: 1)) }
        while node.azure.count("token") < 2 { await Task.yield() }
        first.cancel()
        await #expect(throws: ProviderError.self) { try await first.value }
        release.yield()
        #expect(try await second.value == ["user": "user1"])
    }
}
