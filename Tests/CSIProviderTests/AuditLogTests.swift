import Azure
import AzureTestSupport
import CSIProvider
import Testing

/// The audit lines: when they are written, and their content.
@Suite("The audit log")
struct AuditLogTests {
    private let both = TestNode.Pod(
        objects: ["user", "password"], parameters: ["secretProviderClass": "payments"])

    @Test("an audit line names pod, object, version, identity, policy rule and source")
    func fields() async throws {
        let node = try ServedNode(
            audit: .changes,
            policy: "apiVersion: akv-csi/v1\ndefault: deny\nrules: [{ name: team-rule, namespaces: [team] }]")
        try await node.mount(both)
        let lines = node.log.with("msg", "audit")
        #expect(lines.map { $0["object"] } == ["secret/user", "secret/password"])
        let expected = [
            "level": "info", "msg": "audit", "result": "ok", "namespace": "team", "pod": "team/pod", "pod_uid": "uid",
            "service_account": "sa-1", "secret_provider_class": "payments", "client_id": "app-1", "tenant": "tenant",
            "identity_mode": "workload identity", "vault": "kv-a", "vault_host": "kv-a.vault.azure.net",
            "object": "secret/user", "objects": "2", "version": "v1", "source": "fetched", "policy_rule": "team-rule",
        ]
        #expect(lines.first?.filter { $0.key != "call" } == expected)
        #expect(lines.first?["call"] == node.log.with("msg", "mounted").first?["call"])
    }

    @Test("only new versions of a volume are reported by default")
    func changes() async throws {
        let node = ServedNode(audit: .changes)
        try await node.mount(both)
        node.log.clear()
        for _ in 0..<3 {
            node.node.azure.advance(.seconds(75))
            try await node.mount(both)
        }
        #expect(node.log.with("msg", "audit").isEmpty)
        // A new version of one object, while the other stays the same.
        node.node.azure.change { $0.secrets["kv-a user"] = FakeAzure.Secret(version: 2, value: "user2") }
        node.node.azure.advance(.seconds(121))
        try await node.mount(both)
        #expect(node.log.with("msg", "audit").map { $0["version"] } == ["v2"])
        // This mount fetched the object, although it was in memory when both objects were known to match.
        #expect(node.log.with("msg", "audit").map { $0["source"] } == ["fetched"])
        #expect(node.log.with("msg", "mounted").last?["fetched"] == "2")
        // The first mount of another pod gets the values of the node.
        node.log.clear()
        try await node.mount(.init(name: "other", serial: 1))
        #expect(node.log.with("msg", "audit").map { $0["source"] } == ["cached"])
    }

    @Test("an object is reported when it becomes stale and when it is fresh again")
    func stale() async throws {
        let node = ServedNode(audit: .changes) { $0.staleIfError = .seconds(3600) }
        try await node.mount()
        for (isUnreachable, source) in [(true, "stale"), (false, "fetched")] {
            node.log.clear()
            node.node.azure.change { $0.isUnreachable = isUnreachable }
            for _ in 0..<2 {
                node.node.azure.advance(.seconds(130))
                try await node.mount()
            }
            #expect(node.log.with("msg", "audit").map { $0["source"] } == [source])
        }
    }

    @Test("every mount or none is reported if so configured")
    func extents() async throws {
        for (extent, count) in [(AuditLog.Level.all, 6), (.changes, 2), (.off, 0)] {
            let node = ServedNode(audit: extent)
            for _ in 0..<3 { try await node.mount(both) }
            #expect(node.log.with("msg", "audit").count == count)
        }
    }

    @Test("each failure has an audit line with its code and the known fields")
    func failures() async throws {
        let node = ServedNode(audit: .changes)
        for _ in 0..<2 {
            node.log.clear()
            try await node.mount(.init(objects: ["user", "missing"]))
            let line = try #require(node.log.with("msg", "audit").first)
            #expect(node.log.with("msg", "audit").count == 1)
            #expect(line["result"] == "object-not-found")
            #expect(line["requested"] == "secret/user, secret/missing")
            #expect(line["client_id"] == "app-1")
            #expect(line["object"] == nil)
        }
        node.log.clear()
        try await node.mount(.init(vault: ""))
        let line = try #require(node.log.with("msg", "audit").first)
        #expect(line["result"] == "parameter-missing")
        #expect(line["namespace"] == "team")
        #expect(line["client_id"] == nil)
    }

    @Test("an audit line names a denial by the policy, and the rule of a mount that failed for another reason")
    func denials() async throws {
        let node = try ServedNode(
            audit: .changes,
            policy: "apiVersion: akv-csi/v1\ndefault: deny\nrules: [{ name: one, keyvaultNames: [kv-a] }]")
        try await node.mount(.init(vault: "kv-b"))
        #expect(node.log.with("result", "policy-denied").map { $0["policy_rule"] } == [nil])
        try await node.mount(.init(objects: ["missing"]))
        #expect(node.log.with("result", "object-not-found").map { $0["policy_rule"] } == ["one"])
    }

    @Test("audit lines never contain a value")
    func noValues() async throws {
        let node = ServedNode(audit: .all)
        try await node.mount(both)
        try await node.mount(both)
        let text = node.log.lines.flatMap(\.values).joined(separator: " ")
        for secret in ["user1", "password1", "token-0", "c2ln"] { #expect(!text.contains(secret)) }
    }
}
