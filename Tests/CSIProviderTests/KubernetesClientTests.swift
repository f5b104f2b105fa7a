import Azure
import AzureTestSupport
import Foundation
import Kubernetes
import SecretMemory
import Synchronization
import TestSupport
import Testing

@Suite("The client of the cluster's API server")
struct KubernetesClientTests {
    private let server: FakeAPIServer
    private let pods = KubernetesResource("pods", in: "team-a", named: "pod-1")

    init() throws {
        server = try FakeAPIServer()
    }

    private func failure(
        _ client: KubernetesClient, _ verb: KubernetesResource.Verb = .get
    ) async -> KubernetesError? {
        do throws(KubernetesError) {
            _ = try await client.send(verb, pods)
            return nil
        } catch {
            return error
        }
    }

    @Test("the client uses this pod's token, connects without a proxy, and trusts only the cluster's authority")
    func request() async throws {
        server.change { $0.status = 200 }
        _ = try await server.client().send(.patch, pods, body: "{}")
        let request = try #require(server.state.withLock { $0.last })
        #expect(request.url == "https://10.0.0.1:443/api/v1/namespaces/team-a/pods/pod-1")
        #expect(request.method == .patch)
        #expect(request.header("Content-Type") == "application/merge-patch+json")
        #expect(request.bearer?.withExposed { String(decoding: $0, as: UTF8.self) } == "token-1")
        // This option makes the transport ignore every proxy.
        #expect(request.connection?.host == "10.0.0.1")
        #expect(request.connection?.authorityPEM == Array("authority".utf8))
    }

    @Test(
        "the client uses the address that the kubelet sets",
        arguments: [
            (["KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"], "https://10.0.0.1:6443/"),
            (["KUBERNETES_SERVICE_HOST": "fd00::1"], "https://[fd00::1]:443/"),
            (["KUBERNETES_SERVICE_HOST": "api.cluster.example"], "https://api.cluster.example:443/"),
        ])
    func address(environment: [String: String], start: String) async throws {
        server.change { $0.status = 200 }
        _ = try await server.client(environment).send(.get, pods)
        #expect(server.state.withLock { $0.last }?.url.hasPrefix(start) == true)
    }

    @Test(
        "a missing address is reported",
        arguments: [
            [:], ["KUBERNETES_SERVICE_HOST": ""], ["KUBERNETES_SERVICE_HOST": "a/b"],
            ["KUBERNETES_SERVICE_HOST": "user@host"], ["KUBERNETES_SERVICE_HOST": "a?b"],
            ["KUBERNETES_SERVICE_HOST": "h", "KUBERNETES_SERVICE_PORT": "tcp://h:1"],
            ["KUBERNETES_SERVICE_HOST": "h", "KUBERNETES_SERVICE_PORT": "0"],
        ])
    func noAddress(environment: [String: String]) {
        #expect(throws: KubernetesConfigurationError.self) { try server.client(environment) }
    }

    @Test("names in a path are escaped", arguments: ["..", ".", "a/b", "a?b", "a#b", "%2e%2e", "ä"])
    func hostileName(name: String) {
        let path = KubernetesResource("events", in: name, named: name).path
        #expect(path.split(separator: "/", omittingEmptySubsequences: false).count == 7)
        #expect(path.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/%-._".contains($0)) })
        #expect(!path.contains("/../") && !path.hasSuffix("/.."))
    }

    @Test("a replaced token is used, also after the old one was refused")
    func tokenRotation() async throws {
        server.change { $0.status = 200 }
        let client = try server.client()
        _ = try await client.send(.get, pods)
        server.change { $0.token = "token-2" }
        try server.directory.write("token-2".utf8, to: "token")
        _ = try await client.send(.get, pods)
        // The kubelet writes the new token while the request is pending.
        let directory = server.directory
        server.change { state in
            state.token = "token-3"
            state.onArrival = {
                do { try directory.write("token-3".utf8, to: "token") } catch { Issue.record(error) }
            }
        }
        let before = server.calls.count
        _ = try await client.send(.get, pods)
        #expect(server.calls.count == before + 2)
        server.change { $0.token = "another" }
        #expect(await failure(client)?.kind == .unauthorized)
        #expect(server.calls.count == before + 3)
    }

    @Test("a replaced authority is used, and the old one is kept while its file is empty")
    func authorityRotation() async throws {
        server.change { $0.status = 200 }
        let client = try server.client()
        for (contents, expected) in [("one", "one"), ("", "one"), ("two", "two")] {
            try server.directory.write(contents.utf8, to: "ca.crt")
            _ = try await client.send(.get, pods)
            #expect(server.state.withLock { $0.last }?.connection?.authorityPEM == Array(expected.utf8))
        }
    }

    @Test("a missing or invalid token is reported with the fix", arguments: [nil, "", " \n", "a b", "a\u{7F}"])
    func noToken(contents: String?) async throws {
        try FileManager.default.removeItem(atPath: server.directory.file("token"))
        if let contents { try server.directory.write(contents.utf8, to: "token") }
        let failure = await failure(try server.client())
        #expect(failure?.kind == .setup)
        #expect(
            failure?.description.contains(contents == nil ? "automountServiceAccountToken: true" : "no token") == true)
        #expect(server.calls.isEmpty)
    }

    @Test(
        "each kind of refusal has its own error",
        arguments: [
            (401, .unauthorized), (403, .forbidden), (404, .notFound), (409, .conflict), (422, .refused),
            (429, .unavailable), (500, .unavailable), (503, .unavailable), (302, .refused),
        ] as [(Int, KubernetesError.Kind)])
    func refusals(status: Int, kind: KubernetesError.Kind) async throws {
        server.change { state in
            state.status = status
            state.answer = #"{"message":"because"}"#
            state.headers = [("Retry-After", "7")]
        }
        let failure = try #require(await failure(try server.client()))
        #expect(failure.kind == kind)
        #expect(failure.description.contains("\(status): because"))
        #expect(failure.pause == (kind == .unavailable ? .seconds(7) : nil))
        #expect(failure.isTransient == [.unauthorized, .unavailable].contains(kind))
    }

    @Test("the error names the missing RBAC rule, unless the namespace is terminating")
    func rule() async throws {
        server.change { $0.status = 403 }
        #expect(
            await failure(try server.client(), .create)?.description.contains(
                #"lacks the RBAC rule { apiGroups: [""], resources: ["pods"], verbs: ["create"] }"#) == true)
        server.change { $0.answer = #"{"details":{"causes":[{"reason":"NamespaceTerminating"}]}}"# }
        #expect(await failure(try server.client())?.kind == .refused)
    }

    @Test("the error for a missing response names the hop")
    func unreachable() async throws {
        server.change { $0.isUnreachable = true }
        let failure = try #require(await failure(try server.client()))
        #expect(failure.kind == .unreachable)
        #expect(failure.description.contains("connect: connection refused"))
    }
}
