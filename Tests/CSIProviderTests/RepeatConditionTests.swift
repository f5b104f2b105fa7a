import Azure
import AzureTestSupport
import CSIProvider
import Foundation
import ProviderCore
import ProviderTransport
import TestSupport
import Testing

/// Each condition under which the last response is not sent again, in a situation where no other condition fails.
@Suite("A repeated call takes all steps")
struct RepeatConditionTests {
    private static let user = "{objectName: user, objectType: secret}"

    @Test("if any byte of its request is another, or belongs to another field")
    func bytes() async throws {
        let calls = RepeatedCalls()
        let message = try calls.message()
        await calls.mount(message)
        #expect(calls.handler.isRepeated(message))
        func expectOther(_ change: (inout MountRequestMessage) -> Void, _ field: Comment) {
            var other = message
            change(&other)
            #expect(!calls.handler.isRepeated(other), field)
        }
        expectOther({ $0.attributes[$0.attributes.count / 2] ^= 1 }, "attributes")
        expectOther({ $0.secrets[0] ^= 1 }, "secrets")
        expectOther({ $0.targetPath += "x" }, "target path")
        expectOther({ $0.permission = "292" }, "permission")
        expectOther({ $0.secrets.insert($0.attributes.removeLast(), at: 0) }, "between attributes and secrets")
        expectOther({ $0.permission = "\($0.targetPath.removeLast())\($0.permission)" }, "between path and permission")
    }

    @Test("if the pod's token is another one, also of the same account")
    func anotherToken() async throws {
        let calls = RepeatedCalls()
        try await calls.mount()
        calls.azure.change { $0.federation = [] }
        #expect(try await calls.mount(.init(serial: 1)).contains("[exchange-refused]"))
        #expect(try await calls.mount(.init(serviceAccount: "sa-2")).contains("[exchange-refused]"))
    }

    @Test("if the end of the pod's token is not known")
    func unknownEnd() async throws {
        let claims = #"{"iss":"i","sub":"sa-1","aud":"api://AzureADTokenExchange"}"#
        let token = "e30.\(Data(claims.utf8).base64EncodedString().filter { $0 != "=" }).c2ln"
        let calls = RepeatedCalls()
        let pod = TestNode.Pod(parameters: [
            ServiceAccountTokens.attribute: #"{"api://AzureADTokenExchange":{"token":"\#(token)"}}"#
        ])
        #expect(try await calls.mount(pod) == "user=user1")
        #expect(try !calls.isRepeated(pod))
    }

    @Test("if its request is large")
    func large() async throws {
        let calls = RepeatedCalls()
        let pod = TestNode.Pod(secrets: #"{"a":"\#(String(repeating: "x", count: 64 << 10))"}"#)
        #expect(try await calls.mount(pod) == "user=user1")
        #expect(try !calls.isRepeated(pod))
    }

    @Test("if the node holds access tokens of the identity, but not the one for the pod's own token")
    func ownAccessToken() async throws {
        let calls = RepeatedCalls()
        calls.azure.change { $0.tokenLifetime = 60 }
        try await calls.mount()
        calls.azure.advance(.seconds(40))
        try await calls.mount(.init(name: "other", version: "v1", serial: 1))
        calls.azure.change { $0.federation = [] }
        calls.azure.advance(.seconds(15))
        #expect(try calls.isRepeated(.init(name: "other", version: "v1", serial: 1)))
        #expect(try !calls.isRepeated())
        #expect(try await calls.mount().contains("[exchange-refused]"))
    }

    @Test("if its access token is due for renewal, so that a refusal is noticed")
    func renewal() async throws {
        let calls = RepeatedCalls()
        let pod = TestNode.Pod(parameters: ["refreshInterval": "1h"])
        try await calls.mount(pod)
        calls.azure.advance(.seconds(2879))
        #expect(try calls.isRepeated(pod))
        calls.azure.change { $0.federation = [] }
        calls.azure.advance(.seconds(2))
        #expect(try !calls.isRepeated(pod))
        // The renewal runs in the background.
        #expect(try await eventually { try await calls.mount(pod).contains("[exchange-refused]") })
    }

    private static func policy(_ vault: String) -> String {
        "apiVersion: akv-csi/v1\ndefault: deny\nrules:\n  - { name: one, keyvaultNames: [\(vault)] }\n"
    }

    @Test("if the policy changed while the last call was waiting for Azure")
    func policyMeanwhile() async throws {
        try await TemporaryDirectory.with { directory in
            let path = try directory.write(Self.policy("kv-a").utf8, to: "policy.yaml")
            let calls = RepeatedCalls(policy: try PolicyFile(path: path, logger: RecordedLog().logger))
            let (node, message) = (calls.node, try calls.message())
            calls.azure.change { state in
                state.onArrival = { call in
                    guard call.hasPrefix("token") else { return }
                    do { try directory.write(Self.policy("kv-b").utf8, to: "policy.yaml") } catch {
                        Issue.record(error)
                    }
                    // The rules are read here, so the values that are read after this are kept.
                    node.provider.handler.sweep()
                }
            }
            #expect(await calls.mount(message) == "user=user1")
            calls.azure.change { $0.onArrival = nil }
            #expect(node.mounts.cacheUsage.count == 1)
            #expect(!calls.handler.isRepeated(message))
            #expect(await calls.mount(message).contains("[policy-denied]"))
        }
    }

    @Test("if a file describes its cloud, which may have changed")
    func privateCloud() async throws {
        try await TemporaryDirectory.with { directory in
            func write(_ suffix: String) throws -> String {
                let json = #"{"activeDirectoryEndpoint":"https://login.localhost/","keyVaultDNSSuffix":"\#(suffix)"}"#
                return try directory.write(json.utf8, to: "cloud.json")
            }
            let calls = RepeatedCalls()
            let pod = TestNode.Pod(parameters: [
                "cloudName": "AzureStackCloud", "cloudEnvFileName": try write("vault.localhost"),
            ])
            #expect(try await calls.mount(pod) == "user=user1")
            _ = try write("vault.elsewhere")
            #expect(try !calls.isRepeated(pod))
            #expect(try await !calls.mount(pod).contains("user1"))
        }
    }

    @Test("if annotations name its client, which may have changed")
    func annotations() async throws {
        let annotated = try AnnotatedNode()
        let calls = RepeatedCalls(annotated.node)
        #expect(try await calls.mount(AnnotatedNode.pod()) == "user=user1")
        annotated.annotate([AnnotatedNode.client: "app-9"])
        #expect(try !calls.isRepeated(AnnotatedNode.pod()))
        annotated.azure.advance(.seconds(600))
        #expect(try await calls.mount(AnnotatedNode.pod()).contains("[exchange-refused]"))
    }

    @Test("if it has selectors, whose lists another pod may have read again")
    func selectors() async throws {
        let calls = RepeatedCalls()
        let pod = TestNode.pod("{select: {name: 'us*'}}")
        #expect(try await calls.mount(pod) == "user=user1")
        calls.azure.change { $0.secrets["kv-a use"] = FakeAzure.Secret(version: 1, value: "new") }
        calls.azure.advance(.seconds(5))
        var other = TestNode.pod("{select: {name: 'pass*'}}")
        other.name = "other"
        #expect(try await calls.mount(other) == "password=password1")
        #expect(try !calls.isRepeated(pod))
        #expect(try await calls.mount(pod) == "use=new user=user1")
    }

    @Test("if an optional object was missing, which may exist by now")
    func missing() async throws {
        let calls = RepeatedCalls()
        let pod = TestNode.pod(Self.user, "{objectName: gone, objectType: secret, required: false}")
        #expect(try await calls.mount(pod) == "user=user1")
        calls.azure.change { $0.secrets["kv-a gone"] = FakeAzure.Secret(version: 1, value: "here") }
        #expect(try await calls.mount(pod) == "user=user1 gone=here")
    }

    @Test("if a fallback vault could stand in for its vault")
    func fallback() async throws {
        let calls = RepeatedCalls()
        let pod = TestNode.pod(Self.user, parameters: ["fallbackVault": "kv-b"])
        calls.azure.change { $0.statuses["kv-a"] = 500 }
        #expect(try await calls.mount(pod) == "user=other user")
        #expect(try !calls.isRepeated(pod))
        calls.azure.change { $0.statuses = [:] }
        calls.azure.advance(.seconds(400))
        #expect(try await calls.mount(pod) == "user=user1")
        #expect(try !calls.isRepeated(pod))
    }

    @Test("if its last response was stale, so that its end is recorded")
    func stale() async throws {
        let calls = RepeatedCalls(TestNode(audit: .changes) { $0.staleIfError = .seconds(3600) })
        try await calls.mount()
        calls.azure.change { $0.isUnreachable = true }
        calls.azure.advance(.seconds(30))
        // The value is too old for a new pod.
        let pod = TestNode.Pod(name: "new", serial: 1)
        #expect(try await calls.mount(pod) == "user=user1")
        #expect(calls.node.provider.status.volumes.map(\.state) == [.stale, .ok])
        #expect(try !calls.isRepeated(pod))
        #expect(try await calls.mount(pod) == "user=user1")
        #expect(calls.node.provider.status.volumes.map(\.state) == [.ok, .ok])
    }

    @Test("if another pod has read a list of versions again that its objects were chosen from")
    func versions() async throws {
        let calls = RepeatedCalls()
        calls.azure.change {
            $0.secrets["kv-a user"] = FakeAzure.Secret(version: 2, value: "user2", earlier: ["user1"])
        }
        let pod = TestNode.pod("{objectName: user, objectType: secret, objectVersion: previous}")
        #expect(try await calls.mount(pod) == "user=user1")
        calls.azure.change {
            $0.secrets["kv-a user"] = FakeAzure.Secret(version: 3, value: "user3", earlier: ["user1", "user2"])
        }
        calls.azure.advance(.seconds(5))
        var other = TestNode.pod("{objectName: user, objectType: secret, objectVersion: latest-enabled}")
        other.name = "other"
        #expect(try await calls.mount(other) == "user=user3")
        #expect(try !calls.isRepeated(pod))
        #expect(try await calls.mount(pod) == "user=user2")
    }

    @Test("if an entry of any of its vaults is another one")
    func vaults() async throws {
        for vault in ["kv-a", "kv-b"] {
            let calls = RepeatedCalls()
            let pod = TestNode.pod(Self.user, "{objectName: user, objectType: secret, vault: kv-b, objectAlias: b}")
            #expect(try await calls.mount(pod) == "user=user1 b=other user")
            #expect(try calls.isRepeated(pod))
            calls.azure.change { $0.secrets["\(vault) user"] = FakeAzure.Secret(version: 2, value: "new") }
            calls.azure.advance(.seconds(5))
            #expect(try await calls.mount(.init(name: "other", vault: vault)) == "user=new")
            #expect(try !calls.isRepeated(pod), "\(vault)")
        }
    }

    @Test("if the token of any of its clients is missing")
    func clients() async throws {
        for client in ["app-1", "app-2"] {
            let calls = RepeatedCalls()
            calls.azure.change { $0.federation.insert("app-2 sa-1") }
            let pod = TestNode.pod(Self.user, "{objectName: user, objectType: secret, clientID: app-2, objectAlias: b}")
            #expect(try await calls.mount(pod) == "user=user1 b=user1")
            #expect(try calls.isRepeated(pod))
            // Another volume of the same pod finds out that the vault no longer takes the token.
            calls.azure.change { state in
                state.tokens = state.tokens.filter { !$0.key.hasSuffix(client) }
                state.federation.remove("\(client) sa-1")
            }
            let other = TestNode.Pod(name: "other", client: client, version: "v1")
            #expect(try await calls.mount(other).contains("[exchange-refused]"))
            #expect(try !calls.isRepeated(pod), "\(client)")
            #expect(try await calls.mount(pod).contains("[exchange-refused]"), "\(client)")
        }
    }

    @Test("if its vault changed faster than it could be read, so that its objects may not fit together")
    func inconsistent() async throws {
        let calls = RepeatedCalls()
        let pod = TestNode.Pod(objects: ["user", "password"])
        try await calls.mount(pod)
        calls.azure.advance(.seconds(121))
        let azure = calls.azure
        azure.change { state in
            state.onArrival = { [weak azure] _ in
                azure?.change { state in
                    for name in ["user", "password"] { state.secrets["kv-a \(name)"]?.addVersion() }
                }
                azure?.advance(.milliseconds(1))
            }
        }
        try await calls.mount(pod)
        #expect(calls.azure.count("get") == 8)
        #expect(try !calls.isRepeated(pod))
        azure.change { $0.onArrival = nil }
        // This one reads both again, and finds that they fit.
        try await calls.mount(pod)
        #expect(calls.azure.count("get") == 10)
        #expect(try calls.isRepeated(pod))
    }

    @Test("if every mount has audit lines of its own")
    func auditOfAll() async throws {
        let calls = RepeatedCalls(TestNode(audit: .all))
        for number in 1...3 {
            try await calls.mount()
            #expect(calls.node.log.with("msg", "audit").count == number)
        }
    }
}
