import Azure
import AzureTestSupport
import ProviderCore
import TestSupport
import Testing

/// A vault that replaces another one: when, for how long, and with which versions.
@Suite("A fallback vault")
struct FallbackVaultTests {
    private let node = TestNode { $0.refreshInterval = .seconds(30) }

    init() {
        node.azure.change { state in
            state.roles.insert("app-1 kv-dr")
            state.secrets["kv-dr user"] = FakeAzure.Secret(version: 7, value: "user of dr")
            state.secrets["kv-dr password"] = FakeAzure.Secret(version: 7, value: "password of dr")
        }
    }

    private static func pod(_ parameters: [String: String] = [:]) -> TestNode.Pod {
        TestNode.pod(
            "{objectName: user, objectType: secret}", "{objectName: password, objectType: secret}",
            parameters: ["fallbackVault": "kv-dr"].merging(parameters) { $1 })
    }

    @Test("the fallback vault is not requested while the primary vault responds")
    func unused() async throws {
        #expect(try await node.mount(Self.pod()) == ["user": "user1", "password": "password1"])
        #expect(node.azure.count("get kv-dr") == 0)
    }

    @Test(
        "the fallback vault provides all objects during an outage of the primary vault, with its name in their versions",
        arguments: [0, 500, 503, 429])
    func outage(status: Int) async throws {
        node.azure.change { $0.statuses["kv-a"] = status }
        #expect(try await node.mount(Self.pod()) == ["user": "user of dr", "password": "password of dr"])
        #expect(
            try await node.versions(Self.pod()) == ["secret/user": "v7@kv-dr", "secret/password": "v7@kv-dr"])
    }

    @Test("the fallback vault provides all objects if one of the primary vault fails, so pairs are never mixed")
    func wholeSet() async throws {
        node.azure.change { $0.statuses["kv-a password"] = 500 }
        #expect(try await node.mount(Self.pod()) == ["user": "user of dr", "password": "password of dr"])
    }

    @Test("the fallback vault is not requested after a refusal of the primary vault", arguments: [403, 404, 400])
    func refusals(status: Int) async throws {
        node.azure.change { $0.statuses["kv-a"] = status }
        #expect(try await node.failure(Self.pod()) != nil)
        #expect(node.azure.count("get kv-dr") == 0)
    }

    @Test("the fallback vault provides a missing object only with fallbackOn: notFound")
    func notFound() async throws {
        node.azure.change { $0.secrets["kv-a password"] = nil }
        #expect(try await node.failure(Self.pod()) == .objectNotFound)
        #expect(node.azure.count("get kv-dr") == 0)
        let files = try await node.mount(Self.pod(["fallbackOn": "notFound"]))
        #expect(files == ["user": "user1", "password": "password of dr"])
        node.azure.change { $0.statuses["kv-a"] = 500 }
        node.azure.advance(.seconds(40))
        #expect(try await node.failure(Self.pod(["fallbackOn": "notFound"])) == .serviceUnavailable)
    }

    @Test("an object that neither vault has is an error")
    func neither() async throws {
        let parameters = ["fallbackOn": "unavailable, notFound"]
        let lost = "{objectName: lost, objectType: secret, fallbackVault: kv-dr, fallbackOn: notFound}"
        #expect(try await node.failure(TestNode.pod(lost)) == .objectNotFound)
        let optional = TestNode.pod(
            "{objectName: user, objectType: secret}", "{objectName: lost, objectType: secret, required: false}",
            parameters: ["fallbackVault": "kv-dr"].merging(parameters) { $1 })
        #expect(try await node.mount(optional) == ["user": "user1"])
    }

    @Test("the fallback vault stays in use for five minutes, so that a flapping vault does not make the files flap")
    func hysteresis() async throws {
        let pod = Self.pod()
        _ = try await node.mount(pod)
        node.azure.change { $0.statuses["kv-a"] = 500 }
        node.azure.advance(.seconds(40))
        #expect(try await node.mount(pod)["user"] == "user of dr")
        node.azure.change { $0.statuses["kv-a"] = nil }
        let before = node.azure.count("get kv-a")
        for _ in 0..<3 {
            node.azure.advance(.seconds(60))
            #expect(try await node.mount(pod)["user"] == "user of dr")
        }
        #expect(node.azure.count("get kv-a") == before)
        node.azure.advance(.seconds(120))
        #expect(try await node.mount(pod)["user"] == "user1")
    }

    @Test("the primary vault replaces a fallback vault that fails while it is preferred")
    func bothWays() async throws {
        let pod = Self.pod()
        node.azure.change { $0.statuses["kv-a"] = 500 }
        _ = try await node.mount(pod)
        node.azure.change { $0.statuses = ["kv-dr": 500] }
        node.azure.advance(.seconds(60))
        #expect(try await node.mount(pod)["user"] == "user1")
    }

    @Test("the failure of both vaults is an error with the errors of both")
    func bothFail() async throws {
        node.azure.change { $0.statuses = ["kv-a": 500, "kv-dr": 503] }
        let error = try #require(try await node.error(Self.pod()))
        #expect(error.code == .serviceUnavailable)
        #expect("\(error)".contains("kv-a.vault.azure.net"))
        #expect("\(error)".contains("kv-dr.vault.azure.net"))
        node.azure.advance(.seconds(400))
        node.azure.change { state in
            state.statuses = ["kv-a": 500]
            state.roles.remove("app-1 kv-dr")
        }
        let refused = try #require(try await node.error(Self.pod()))
        #expect("\(refused)".contains("[service-unavailable]"))
        #expect("\(refused)".contains("[vault-forbidden]"))
    }

    @Test("stale values are used if both vaults are unreachable")
    func stale() async throws {
        let node = TestNode { $0.staleIfError = .seconds(3600) }
        node.azure.change { $0.roles.insert("app-1 kv-dr") }
        let pod = Self.pod()
        _ = try await node.mount(pod)
        node.azure.change { $0.isUnreachable = true }
        node.azure.advance(.seconds(130))
        #expect(try await node.mount(pod) == ["user": "user1", "password": "password1"])
    }

    @Test("an outage that one identity sees does not affect another identity")
    func principals() async throws {
        node.azure.change { state in
            state.roles.insert("app-2 kv-dr")
            state.statuses["kv-a"] = 500
        }
        _ = try await node.mount(Self.pod())
        node.azure.change { $0.statuses = [:] }
        var other = Self.pod()
        other.name = "other"
        other.serviceAccount = "sa-2"
        other.client = "app-2"
        #expect(try await node.mount(other)["user"] == "user1")
    }
}
