import AzureTestSupport
import CSIProvider
import ProviderCore
import ProviderTransport
import TestSupport
import Testing

/// Objects of one class from several vaults and with several identities.
@Suite("Objects with their own vault or identity")
struct SeveralVaultsTests {
    private static let user = "{objectName: user, objectType: secret}"
    private static let other = "{objectName: user, objectType: secret, vault: kv-b, objectAlias: other}"

    @Test("Objects come from their own vaults, with one token of an identity for all of them")
    func vaults() async throws {
        let node = TestNode()
        #expect(try await node.mount(TestNode.pod(Self.user, Self.other)) == ["user": "user1", "other": "other user"])
        #expect(node.azure.count("token") == 1)
        #expect(node.azure.count("get kv-a user") == 1)
        #expect(node.azure.count("get kv-b user") == 1)
    }

    @Test("An object's own client is proven with the pod's token, and does not share with the class's client")
    func clients() async throws {
        let node = TestNode()
        node.azure.change { $0.federation.insert("app-2 sa-1") }
        let mine = "{objectName: user, objectType: secret, objectAlias: mine, clientID: app-2}"
        #expect(try await node.mount(TestNode.pod(Self.user, mine)) == ["user": "user1", "mine": "user1"])
        #expect(node.azure.count("token app-1") == 1)
        #expect(node.azure.count("token app-2") == 1)
        #expect(node.azure.count("get kv-a user") == 2)
    }

    @Test("A client that does not trust the pod gives it no value, even from the cache")
    func foreignClient() async throws {
        let node = TestNode()
        _ = try await node.mount(.init(serviceAccount: "sa-2", client: "app-2"))
        let mine = "{objectName: user, objectType: secret, clientID: app-2}"
        #expect(try await node.failure(TestNode.pod(mine)) == .exchangeRefused)
        #expect(node.azure.count("get") == 1)
    }

    @Test("A missing role at one vault fails the whole mount, and removes only the values of that vault")
    func forbidden() async throws {
        let node = TestNode()
        let pod = TestNode.pod(Self.user, Self.other)
        _ = try await node.mount(pod)
        node.azure.change { $0.roles.remove("app-1 kv-b") }
        node.azure.advance(.seconds(121))
        let error = try #require(try await node.error(pod))
        #expect(error.code == .vaultForbidden)
        #expect("\(error)".contains("vault: kv-b.vault.azure.net"))
        let reads = node.azure.count("get kv-a")
        #expect(try await node.failure(pod) == .vaultForbidden)
        #expect(node.azure.count("get kv-a") == reads)
    }

    @Test("Objects of one vault have the same age, those of another vault their own")
    func sets() async throws {
        let node = TestNode()
        let password = "{objectName: password, objectType: secret}"
        // Another pod reads the password a minute before this one's first mount.
        _ = try await node.mount(.init(name: "early", objects: ["user", "password"]))
        let pod = TestNode.pod(Self.user, password, Self.other)
        _ = try await node.mount(pod)
        node.azure.advance(.seconds(100))
        node.azure.change { state in
            state.secrets["kv-a user"] = FakeAzure.Secret(version: 2, value: "user2")
            state.secrets["kv-a password"] = FakeAzure.Secret(version: 2, value: "password2")
        }
        _ = try await node.mount(.init(name: "late", objects: ["user"]))
        let others = node.azure.count("get kv-b")
        node.azure.advance(.seconds(10))
        #expect(try await node.mount(pod) == ["user": "user2", "password": "password2", "other": "other user"])
        #expect(node.azure.count("get kv-b") == others)
    }

    @Test("Errors of several vaults come in the order of the objects")
    func order() async throws {
        let node = TestNode()
        let error = try #require(
            try await node.error(
                TestNode.pod(
                    "{objectName: b1, objectType: secret, vault: kv-b}", "{objectName: a1, objectType: secret}",
                    "{objectName: b2, objectType: secret, vault: kv-b}")))
        let names = error.parts.map { $0.message.split(separator: "objectName:")[1].prefix(2) }
        #expect(names == ["b1", "a1", "b2"])
    }

    @Test(
        "A policy checks every vault, tenant and client that an object names",
        arguments: [
            ("keyvaultNames: [kv-a]", "vault: kv-b", "keyvaultName kv-a, not kv-b"),
            ("keyvaultNames: [kv-a]", "fallbackVault: kv-dr", "keyvaultName kv-a, not kv-dr"),
            ("tenantIDs: [tenant]", "tenantID: abroad", "tenantID tenant, not abroad"),
            ("clientIDs: [app-1]", "clientID: app-2", "clientID app-1, not app-2"),
        ])
    func policy(limit: String, setting: String, expected: String) async throws {
        let node = try ServedNode(
            audit: .off,
            policy: "apiVersion: akv-csi/v1\ndefault: deny\nrules: [{ name: r, namespaces: [team], \(limit) }]")
        let object = "{objectName: user, objectType: secret, objectAlias: x, \(setting)}"
        #expect(try await node.mount(TestNode.pod(Self.user, object)) == .permissionDenied)
        #expect(node.node.azure.count("") == 0)
        #expect(node.log.with("msg", "mount failed").first?["error"]?.contains(expected) == true)
        #expect(try await node.mount(TestNode.pod(Self.user)) == .ok)
    }

    @Test("Audit lines name the vault, tenant and client of the object itself")
    func audit() async throws {
        let node = ServedNode(audit: .changes)
        node.node.azure.change { $0.federation.insert("app-2 sa-1") }
        let mine = "{objectName: password, objectType: secret, clientID: app-2, tenantID: another}"
        try await node.mount(TestNode.pod(Self.user, Self.other, mine))
        let lines = node.log.with("msg", "audit")
        #expect(lines.map { $0["vault_host"] } == ["kv-a", "kv-b", "kv-a"].map { "\($0).vault.azure.net" })
        #expect(lines.map { $0["client_id"] } == ["app-1", "app-1", "app-2"])
        #expect(lines.map { $0["tenant"] } == ["tenant", "tenant", "another"])
    }
}
