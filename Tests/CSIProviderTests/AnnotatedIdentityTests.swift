import AzureTestSupport
import CSIProvider
import Foundation
import ProviderCore
import ProviderTransport
import Synchronization
import TestSupport
import Testing

/// The identity of a pod whose class leaves the client to its ServiceAccount, and who may decide on it.
@Suite("The identity that a ServiceAccount's annotations name")
struct AnnotatedIdentityTests {
    private let annotated: AnnotatedNode

    init() throws {
        annotated = try AnnotatedNode()
    }

    private func failure(_ pod: TestNode.Pod = AnnotatedNode.pod()) async throws -> ProviderError {
        try #require(try await annotated.node.error(pod))
    }

    @Test("the annotated client is used if the class does not set clientID")
    func used() async throws {
        #expect(try await annotated.node.mount(AnnotatedNode.pod()) == ["user": "user1"])
        #expect(annotated.server.calls == ["GET /api/v1/namespaces/team/serviceaccounts/web"])
        #expect(annotated.azure.count("token app-1") == 1)
    }

    @Test("the annotated tenant is used if the class does not set one, and never overrides the class")
    func tenant() async throws {
        annotated.annotate([AnnotatedNode.client: "app-1", AnnotatedNode.tenant: "contoso.example"])
        for (parameters, expected) in [
            (["tenantID": ""], "contoso.example"), ([:], "tenant"), (["tenantID": "", "tenantId": "old"], "old"),
        ] {
            _ = try await annotated.node.mount(AnnotatedNode.pod("pod-\(expected)", parameters: parameters))
            #expect(annotated.azure.state.withLock { $0.lastTenant } == expected)
        }
        // An unnecessary annotation is not read.
        annotated.annotate([AnnotatedNode.client: "app-1", AnnotatedNode.tenant: "a/b"])
        annotated.azure.advance(.seconds(2))
        #expect(try await annotated.node.failure(AnnotatedNode.pod("last")) == nil)
    }

    @Test("the annotations are not read if the class or the object sets a clientID")
    func precedence() async throws {
        var named = AnnotatedNode.pod()
        named.client = "app-2"
        _ = try await annotated.node.mount(named)
        #expect(annotated.reads == 0)
        #expect(annotated.azure.count("token app-1") == 0)
        let own = AnnotatedNode.pod(
            "own", parameters: ["objects": "array: [{objectName: user, objectType: secret, clientID: app-2}]"])
        #expect(try await annotated.node.mount(own) == ["user": "user1"])
        #expect(annotated.azure.count("token app-1") == 0)
    }

    @Test(
        "the annotations are not read in other identity modes",
        arguments: [
            (["useVMManagedIdentity": "true"], "null", nil),
            (["useAzureTokenProxy": "true"], "null", .parameterMissing),
            (["useAzureTokenProxy": "maybe"], "null", .parameterInvalid),
            ([:], #"{"clientid":"app-1","clientsecret":"s"}"#, .exchangeRefused),
            ([:], #"{"clientid":"app-1"}"#, .credentialsMissing),
        ] as [([String: String], String, ErrorCode?)])
    func otherModes(parameters: [String: String], secrets: String, code: ErrorCode?) async throws {
        var pod = AnnotatedNode.pod(parameters: parameters)
        pod.secrets = secrets
        #expect(try await annotated.node.failure(pod) == code)
        pod.parameters["usePodIdentity"] = "true"
        _ = try await annotated.node.failure(pod)
        #expect(annotated.reads == 0)
    }

    @Test("the annotations are also read if the tokens are among the secrets of the request")
    func tokensAmongSecrets() async throws {
        var pod = AnnotatedNode.pod()
        let all = try JSONSerialization.jsonObject(with: annotated.node.attributes(pod)) as? [String: String]
        let tokens = try #require(all?[ServiceAccountTokens.attribute])
        pod.parameters[ServiceAccountTokens.attribute] = ""
        pod.secrets = String(
            decoding: try JSONEncoder().encode([ServiceAccountTokens.attribute: tokens]), as: UTF8.self)
        #expect(try await annotated.node.mount(pod) == ["user": "user1"])
    }

    @Test("the annotations are not read unless the operator enables it")
    func off() async throws {
        let node = TestNode()
        #expect(try await node.failure(AnnotatedNode.pod()) == .credentialsMissing)
    }

    @Test(
        "a missing annotation is an error with both fixes",
        arguments: [[:], ["other": "app-1"], [AnnotatedNode.client: " \n"]] as [[String: String]])
    func missing(annotations: [String: String]) async throws {
        annotated.annotate(annotations)
        let error = try await failure()
        #expect(error.code == .annotationMissing)
        for words in [
            "the SecretProviderClass payments does not set clientID, and ServiceAccount team/web does not have the annotation "
                + "azure.workload.identity/client-id.",
            "Fix: kubectl annotate serviceaccount web -n team azure.workload.identity/client-id=CLIENT_ID, "
                + "or set clientID in the SecretProviderClass payments — ",
            "identity mode: workload identity, because clientID is not set and the annotations of ServiceAccount "
                + "team/web count",
        ] {
            #expect("\(error)".contains(words), "\(error)")
        }
        #expect(annotated.azure.count("") == 0)
    }

    @Test("all missing settings are reported together")
    func missingTenant() async throws {
        annotated.annotate([:])
        let error = try await failure(AnnotatedNode.pod(parameters: ["tenantID": ""]))
        #expect(error.parts.map(\.code) == [.annotationMissing, .annotationMissing])
        #expect("\(error)".contains("azure.workload.identity/tenant-id=TENANT_ID, or set tenantID in"))
    }

    @Test(
        "an invalid annotation is refused before any request to Azure",
        arguments: [
            (AnnotatedNode.client, "app 1", "not a client id"), (AnnotatedNode.client, "app\n1", "not a client id"),
            (AnnotatedNode.client, String(repeating: "a", count: 300), "not a client id"),
            (AnnotatedNode.tenant, "../common", "neither a directory id nor a domain name"),
            (AnnotatedNode.tenant, "a/b?c", "neither a directory id nor a domain name"),
        ])
    func invalid(annotation: String, value: String, words: String) async throws {
        let valid = [AnnotatedNode.client: "app-1", AnnotatedNode.tenant: "tenant"]
        annotated.annotate(valid.merging([annotation: value]) { $1 })
        let error = try await failure(AnnotatedNode.pod(parameters: ["tenantID": ""]))
        #expect(error.code == .annotationInvalid)
        #expect("\(error)".contains("which is \(words)"))
        #expect("\(error)".contains("kubectl annotate serviceaccount web -n team --overwrite \(annotation)="))
        #expect("\(error)".count < 1024)
        #expect(annotated.azure.count("") == 0)
    }

    @Test(
        "the identity is refused if the token belongs to another account",
        arguments: [
            ["csi.storage.k8s.io/serviceAccount.name": "batch"], ["csi.storage.k8s.io/pod.namespace": "other"],
            ["csi.storage.k8s.io/serviceAccount.name": "../team/web"],
            [ServiceAccountTokens.attribute: #"{"api://AzureADTokenExchange":{"token":"no.jw.t"}}"#],
        ])
    func mismatch(parameters: [String: String]) async throws {
        for account in ["team/batch", "other/web"] { annotated.annotate([AnnotatedNode.client: "app-1"], of: account) }
        let error = try await failure(AnnotatedNode.pod(parameters: parameters))
        #expect(error.code == .serviceAccountMismatch)
        #expect(annotated.reads == 0)
        #expect(annotated.azure.count("") == 0)
    }

    @Test("the identity is refused for another account's token even if the annotations are cached")
    func mismatchWhenKnown() async throws {
        _ = try await annotated.node.mount(AnnotatedNode.pod())
        var thief = AnnotatedNode.pod()
        thief.serviceAccount = "system:serviceaccount:team:batch"
        #expect(try await annotated.node.failure(thief) == .serviceAccountMismatch)
        thief.name = "thief"
        #expect(try await annotated.node.failure(thief) == .serviceAccountMismatch)
    }

    @Test(
        "the annotations are not read for an invalid class or a request without the account",
        arguments: [
            (["keyvaultName": ""], .parameterMissing), (["objects": "array: ["], .objectsMalformed),
            (["usePodIdentity": "false", "cloudName": "x"], .cloudInvalid),
            ([ServiceAccountTokens.attribute: ""], .tokenMissing),
            (["csi.storage.k8s.io/serviceAccount.name": ""], .podInfoMissing),
            (["csi.storage.k8s.io/pod.namespace": ""], .podInfoMissing),
        ] as [([String: String], ErrorCode)])
    func mistakesFirst(parameters: [String: String], code: ErrorCode) async throws {
        #expect(try await failure(AnnotatedNode.pod(parameters: parameters)).code == code)
        #expect(annotated.reads == 0)
    }

    @Test("the policy checks the annotated identity, and the error names its source")
    func policy() async throws {
        try await TemporaryDirectory.with { directory in
            let text =
                "apiVersion: akv-csi/v1\ndefault: deny\nrules: [{ name: one, namespaces: [team], clientIDs: [app-1] }]"
            let path = try directory.write(text.utf8, to: "policy.yaml")
            let annotated = try AnnotatedNode(policy: PolicyFile(path: path, logger: RecordedLog().logger))
            _ = try await annotated.node.mount(AnnotatedNode.pod())
            annotated.annotate([AnnotatedNode.client: "app-2"])
            annotated.azure.advance(.seconds(2))
            let before = annotated.azure.count("")
            let refused = try #require(try await annotated.node.error(AnnotatedNode.pod("new")))
            #expect(refused.code == .policyDenied)
            #expect("\(refused)".contains("rule one permits clientID app-1, not app-2"))
            #expect("\(refused)".contains("the annotations of ServiceAccount team/web count"))
            #expect(annotated.azure.count("") == before)
        }
    }

    @Test("the annotated identity is logged and audited with its source")
    func log() async throws {
        let annotated = try AnnotatedNode(audit: .changes)
        let served = ServedNode(serving: annotated.node)
        try await served.mount(
            AnnotatedNode.pod(
                parameters: [
                    "objects":
                        "array: [{objectName: user, objectType: secret}, {objectName: password, objectType: secret, clientID: app-2}]"
                ]))
        let lines = annotated.log.with("msg", "audit")
        #expect(lines.map { $0["client_id"] } == ["app-1", "app-2"])
        #expect(lines.map { $0["client_id_from"] } == ["service account annotation", "object"])
        #expect(annotated.log.with("msg", "mounted").first?["client_id_from"] == "service account annotation")
        annotated.annotate([:])
        annotated.azure.advance(.seconds(130))
        #expect(try await served.mount(AnnotatedNode.pod()) == .failedPrecondition)
        let failed = annotated.log.with("msg", "audit").last
        #expect(failed?["result"] == "annotation-missing")
        #expect(failed?["service_account"] == "web")
    }
}
