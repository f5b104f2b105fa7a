import AzureTestSupport
import CSIProvider
import ProviderCore
import TestSupport
import Testing

/// Calls with exactly the same bytes, as the driver sends them for each running pod.
@Suite("A repeated call")
struct RepeatedMountTests {
    @Test("a repeated call gets the same response without a request to Azure, and is logged like the first")
    func same() async throws {
        let calls = RepeatedCalls()
        #expect(try !calls.isRepeated())
        #expect(try await calls.mount() == "user=user1")
        #expect(try calls.isRepeated())
        let before = calls.azure.count("")
        calls.azure.advance(.seconds(60))
        #expect(try await calls.mount() == "user=user1")
        #expect(calls.azure.count("") == before)
        let lines = calls.node.log.with("msg", "mounted")
        #expect(lines.map { $0["cached"] } == [nil, "1"])
        for key in ["pod", "secret_provider_class", "vault", "client_id", "identity_mode", "objects", "files"] {
            #expect(lines[0][key] == lines[1][key], "\(key)")
        }
        #expect(lines[0]["call"] != lines[1]["call"])
        // No new version was delivered.
        #expect(calls.node.log.with("msg", "audit").count == 1)
    }

    @Test("a call with one different byte is processed as a new one")
    func otherBytes() async throws {
        let calls = RepeatedCalls()
        _ = try await calls.mount()
        #expect(try !calls.isRepeated(.init(serial: 1)))
        #expect(try !calls.isRepeated(.init(name: "other")))
        #expect(try !calls.isRepeated(.init(secrets: "{}")))
        #expect(try await calls.mount(.init(client: "app-9")).contains("[exchange-refused]"))
    }

    @Test("after the interval, a repeated call gets the changes in the vault")
    func changed() async throws {
        let calls = RepeatedCalls()
        _ = try await calls.mount()
        calls.azure.change { $0.secrets["kv-a user"] = FakeAzure.Secret(version: 2, value: "user2") }
        calls.azure.advance(.seconds(121))
        #expect(try !calls.isRepeated())
        #expect(try await calls.mount() == "user=user2")
        #expect(try calls.isRepeated())
        #expect(try await calls.mount() == "user=user2")
    }

    @Test("a repeated call gets the values that another pod of the identity has fetched meanwhile")
    func fetchedForAnother() async throws {
        let calls = RepeatedCalls()
        _ = try await calls.mount()
        calls.azure.change { $0.secrets["kv-a user"] = FakeAzure.Secret(version: 2, value: "user2") }
        calls.azure.advance(.seconds(5))
        #expect(try await calls.mount(.init(name: "new", serial: 1)) == "user=user2")
        #expect(try !calls.isRepeated())
        #expect(try await calls.mount() == "user=user2")
    }

    @Test("a repeated call is refused when the pod's token has expired")
    func expiredToken() async throws {
        let calls = RepeatedCalls()
        let pod = TestNode.Pod(expiry: FakeAzure.start + 60)
        _ = try await calls.mount(pod)
        calls.azure.advance(.seconds(59))
        #expect(try calls.isRepeated(pod))
        calls.azure.advance(.seconds(1))
        #expect(try !calls.isRepeated(pod))
        #expect(try await calls.mount(pod).contains("[token-expired]"))
    }

    @Test("a repeated call exchanges the pod's token again when the access token has expired")
    func expiredAccessToken() async throws {
        let calls = RepeatedCalls()
        calls.azure.change { $0.tokenLifetime = 60 }
        _ = try await calls.mount()
        calls.azure.advance(.seconds(61))
        calls.azure.change { $0.federation = [] }
        #expect(try !calls.isRepeated())
        #expect(try await calls.mount().contains("[exchange-refused]"))
    }

    /// What the vault refuses to another pod of the identity, and with which code.
    private static let refusals: [(code: String, change: @Sendable (inout FakeAzure.State) -> Void)] = [
        ("[vault-forbidden]", { $0.roles = [] }),
        ("[object-disabled]", { $0.secrets["kv-a user"]?.isEnabled = false }),
        ("[object-not-found]", { $0.secrets["kv-a user"] = nil }),
    ]

    @Test(
        "a repeated call does not get values that the vault has refused to another pod of the identity",
        arguments: refusals.indices)
    func refusedToAnother(index: Int) async throws {
        let (code, change) = Self.refusals[index]
        let calls = RepeatedCalls()
        _ = try await calls.mount()
        calls.azure.change(change)
        calls.azure.advance(.seconds(5))
        #expect(try await calls.mount(.init(name: "new", serial: 1)).contains(code))
        #expect(try !calls.isRepeated())
        #expect(try await calls.mount().contains(code))
    }

    @Test("a repeated call is checked by the current policy")
    func policy() async throws {
        func text(_ vault: String) -> String {
            "apiVersion: akv-csi/v1\ndefault: deny\nrules:\n"
                + "  - { name: one, namespaces: [team], keyvaultNames: [\(vault)] }\n"
        }
        try await TemporaryDirectory.with { directory in
            let path = try directory.write(text("kv-a").utf8, to: "policy.yaml")
            let calls = RepeatedCalls(policy: try PolicyFile(path: path, logger: RecordedLog().logger))
            _ = try await calls.mount()
            #expect(try calls.isRepeated())
            try directory.write(text("kv-b").utf8, to: "policy.yaml")
            #expect(try !calls.isRepeated())
            #expect(try await calls.mount().contains("[policy-denied]"))
        }
    }

    @Test("a repeated call checks the validity of objects, which ends with time")
    func validity() async throws {
        let calls = RepeatedCalls()
        calls.azure.change { state in
            state.secrets["kv-a user"]?.expires = FakeAzure.start + 3700
        }
        let pod = TestNode.pod("{objectName: user, objectType: secret, minRemaining: 1h}")
        #expect(try await calls.mount(pod) == "user=user1")
        calls.azure.advance(.seconds(101))
        #expect(try await calls.mount(pod).contains("[object-"))
    }

    @Test("a repeated call warns of an object that expires meanwhile")
    func expiryWarning() async throws {
        let calls = RepeatedCalls()
        calls.azure.change { state in
            state.secrets["kv-a user"]?.expires = FakeAzure.start + 15 * 86_400
        }
        var pod = TestNode.pod("{objectName: user, objectType: secret}", parameters: ["expiryWarning": "15"])
        pod.parameters["refreshInterval"] = "1h"
        _ = try await calls.mount(pod)
        #expect(calls.node.log.with("code", "object-ending").isEmpty)
        calls.azure.advance(.seconds(60))
        #expect(try calls.isRepeated(pod))
        _ = try await calls.mount(pod)
        #expect(calls.node.log.with("code", "object-ending").count == 1)
    }

    @Test("a response is removed with the values that it was made of")
    func forgotten() async throws {
        let calls = RepeatedCalls()
        _ = try await calls.mount()
        calls.azure.advance(.seconds(7 * 86_400))
        calls.node.provider.handler.sweep()
        #expect(calls.node.provider.handler.repeatableMounts == 0)
    }
}
