import AzureTestSupport
import ProviderCore
import TestSupport
import Testing

/// `objectVersion: previous` and `latest-enabled`, and the nonce that requests a fresh read.
@Suite("Chosen versions")
struct VersionChoiceTests {
    private let node = TestNode()

    private static func object(_ version: String, _ rest: String = "") -> String {
        "{objectName: user, objectType: secret, objectVersion: \(version), objectAlias: \(version)\(rest)}"
    }

    private func rotate(to version: Int, enabled: Bool = true) {
        node.azure.change {
            $0.secrets["kv-a user"] = FakeAzure.Secret(
                version: version, value: "user\(version)", isEnabled: enabled,
                earlier: (1..<version).map { "user\($0)" })
        }
    }

    @Test("The previous version is the last enabled one before the newest enabled one")
    func previous() async throws {
        rotate(to: 3)
        let pod = TestNode.pod(Self.object("previous"), Self.object("latest-enabled"))
        #expect(try await node.mount(pod) == ["previous": "user2", "latest-enabled": "user3"])
        rotate(to: 4, enabled: false)
        node.azure.advance(.seconds(130))
        #expect(try await node.mount(pod) == ["previous": "user2", "latest-enabled": "user3"])
        #expect(try await node.failure(TestNode.pod("{objectName: user, objectType: secret}")) == .objectDisabled)
    }

    @Test("The list of versions is read once for both, and shared like a value")
    func cost() async throws {
        rotate(to: 2)
        let pod = TestNode.pod(Self.object("previous"), Self.object("latest-enabled"))
        for _ in 0..<3 { _ = try await node.mount(pod) }
        #expect(node.azure.count("versions kv-a user") == 1)
        #expect(node.azure.count("get kv-a user") == 2)
    }

    @Test("A missing previous version is an error, unless the object is optional")
    func none() async throws {
        #expect(try await node.failure(TestNode.pod(Self.object("previous"))) == .objectNotFound)
        let pod = TestNode.pod("{objectName: user, objectType: secret}", Self.object("previous", ", required: false"))
        #expect(try await node.mount(pod) == ["user": "user1"])
        rotate(to: 2)
        node.azure.advance(.seconds(130))
        #expect(try await node.mount(pod) == ["user": "user2", "previous": "user1"])
    }

    @Test("A history may begin with the previous or the latest enabled version")
    func history() async throws {
        rotate(to: 4, enabled: false)
        let pod = TestNode.pod(
            "{objectName: user, objectType: secret, objectVersion: previous, objectVersionHistory: 2}")
        #expect(try await node.mount(pod) == ["user/0": "user2", "user/1": "user1"])
    }

    @Test("After a change of the nonce, each volume of the class reads its objects again once")
    func nonce() async throws {
        let pods = [TestNode.Pod(name: "a"), TestNode.Pod(name: "b")]
        for pod in pods { _ = try await node.mount(pod) }
        node.azure.change { $0.secrets["kv-a user"] = FakeAzure.Secret(version: 2, value: "user2") }
        node.azure.advance(.seconds(30))
        for pod in pods { #expect(try await node.mount(pod) == ["user": "user1"]) }
        let before = node.azure.count("get")
        for _ in 0..<3 {
            for pod in pods {
                var pod = pod
                pod.parameters = ["refreshNonce": "2026-01"]
                #expect(try await node.mount(pod) == ["user": "user2"])
            }
            node.azure.advance(.seconds(10))
        }
        #expect(node.azure.count("get") == before + 1)
    }
}
