import AzureTestSupport
import CSIProvider
import ProviderCore
import ProviderTransport
import TestSupport
import Testing

/// Objects that are picked from the vault's list.
@Suite("Selectors")
struct SelectorTests {
    private let node = TestNode()

    init() { Self.fill(node) }

    private static func fill(_ node: TestNode) {
        node.azure.change { state in
            state.pageSize = 2
            func add(_ name: String, _ team: String, _ change: (inout FakeAzure.Secret) -> Void = { _ in }) {
                var secret = FakeAzure.Secret(version: 1, value: "of \(name)")
                secret.tags = ["team": team]
                change(&secret)
                state.secrets["kv-a \(name)"] = secret
            }
            add("app-b", "a")
            add("app-a", "a")
            add("App-C", "b")
            add("app-off", "a") { $0.isEnabled = false }
            add("app-site", "a") { $0.isManaged = true }
        }
    }

    private static func pod(_ select: String, _ rest: String = "") -> TestNode.Pod {
        TestNode.pod("{select: {\(select)}\(rest)}")
    }

    @Test(
        "Enabled objects that match every term are picked",
        arguments: [
            ("name: 'app-*'", ["App-C", "app-a", "app-b", "app-site"]),
            ("name: 'APP-?'", ["App-C", "app-a", "app-b"]),
            ("prefix: app-, excludeCertificates: true", ["App-C", "app-a", "app-b"]),
            ("regex: 'app-[ab]'", ["app-a", "app-b"]),
            ("tags: {team: b}", ["App-C"]),
            ("tags: {team: a}, name: '*-a'", ["app-a"]),
            ("type: secret", ["App-C", "app-a", "app-b", "app-site", "password", "user"]),
        ])
    func terms(select: String, expected: [String]) async throws {
        let files = try await node.mount(Self.pod(select))
        #expect(files.keys.sorted() == expected)
        if files["app-a"] != nil { #expect(files["app-a"] == "of app-a") }
    }

    @Test("The objects are sorted by name without regard to letter case, and their paths follow the template")
    func order() async throws {
        let answer = try await node.answer(
            Self.pod("prefix: app-, excludeCertificates: true", ", fileName: 'conf/{{stem}}.txt', trim: space"))
        #expect(answer.files.map(\.path) == ["conf/a.txt", "conf/b.txt", "conf/C.txt"])
        #expect(answer.versions.map(\.id) == ["secret/app-a", "secret/app-b", "secret/App-C"])
    }

    @Test("The list is read over all pages, once for the pods of an identity, and cached like a value")
    func cost() async throws {
        let pod = Self.pod("name: 'app-?'")
        for index in 0..<3 {
            var pod = pod
            pod.name = "pod-\(index)"
            pod.serial = index
            _ = try await node.mount(pod)
        }
        // Seven secrets, two to a page.
        #expect(node.azure.count("list kv-a") == 4)
        #expect(node.azure.count("get kv-a") == 3)
        node.azure.change { $0.secrets["kv-a app-d"] = FakeAzure.Secret(version: 1, value: "new") }
        var first = pod
        first.name = "pod-0"
        node.azure.advance(.seconds(60))
        #expect(try await node.mount(first)["app-d"] == nil)
        node.azure.advance(.seconds(70))
        #expect(try await node.mount(first)["app-d"] == "new")
        // Eight secrets, and an empty page after the last full one.
        #expect(node.azure.count("list kv-a") == 4 + 5)
    }

    @Test("A list is not shared with another identity")
    func proof() async throws {
        _ = try await node.mount(Self.pod("name: 'app-?'"))
        let lists = node.azure.count("list")
        var other = Self.pod("name: 'app-?'")
        other.serviceAccount = "sa-2"
        other.client = "app-2"
        _ = try await node.mount(other)
        #expect(node.azure.count("list") == 2 * lists)
        node.azure.change { $0.roles.remove("app-2 kv-a") }
        node.azure.advance(.seconds(130))
        #expect(try await node.failure(other) == .vaultForbidden)
        // Without a proof, nothing is revealed, not even names.
        other.serviceAccount = "sa-9"
        #expect(try await node.failure(other) == .exchangeRefused)
    }

    @Test("A selector that picks nothing is an error unless allowEmpty is set, and more than max is always an error")
    func bounds() async throws {
        let none = try #require(try await node.error(Self.pod("name: zz*")))
        #expect(none.code == .objectNotFound)
        #expect(none.message.contains("name zz*: none of the 7 objects of this type"))
        let many = try #require(try await node.error(Self.pod("name: 'app-*', max: 2")))
        #expect(many.code == .objectInvalid)
        #expect(many.message.contains("4 objects fit, and max is 2"))
        #expect(node.azure.count("get") == 0)
        let pod = TestNode.pod("{objectName: user, objectType: secret}", "{select: {name: zz*, allowEmpty: true}}")
        #expect(try await node.mount(pod) == ["user": "user1"])
        #expect(try await node.failure(Self.pod("name: zz*, allowEmpty: true")) == .objectNotFound)
    }

    @Test("Paths that cannot both exist are found before any object is read")
    func conflict() async throws {
        let pod = TestNode.pod("{objectName: app-a, objectType: secret}", "{select: {prefix: app-}}")
        #expect(try await node.failure(pod) == .pathConflict)
        #expect(node.azure.count("get") == 0)
    }

    @Test("A deleted object is no longer listed at the next attempt")
    func vanished() async throws {
        let pod = Self.pod("name: 'app-?'")
        _ = try await node.mount(pod)
        node.azure.advance(.seconds(119))
        var other = Self.pod("name: app-b")
        other.name = "other"
        _ = try await node.mount(other)
        node.azure.change { $0.secrets["kv-a app-a"] = nil }
        node.azure.advance(.seconds(5))
        // The values are due for a refresh, but the list is not.
        #expect(try await node.failure(pod) == .objectNotFound)
        #expect(try await node.mount(pod).keys.sorted() == ["App-C", "app-b"])
    }

    @Test("The policy is applied to the picked objects before any of them is read")
    func policy() async throws {
        let served = try ServedNode(
            audit: .changes,
            policy:
                "apiVersion: akv-csi/v1\ndefault: deny\nrules: [{ name: r, namespaces: [team], objectNames: [app-?] }]")
        Self.fill(served.node)
        #expect(try await served.mount(Self.pod("prefix: app-")) == .permissionDenied)
        #expect(served.node.azure.count("get") == 0)
        #expect(served.log.with("msg", "mount failed").first?["error"]?.contains("not app-site") == true)
        #expect(try await served.mount(Self.pod("name: 'app-?'")) == .ok)
        let lines = served.log.with("msg", "audit").filter { $0["result"] == "ok" }
        #expect(lines.map { $0["object"] } == ["secret/app-a", "secret/app-b", "secret/App-C"])
        #expect(lines.first?["picked_by"] == "name app-?")
        #expect(lines.first?["policy_rule"] == "r")
    }

    @Test("A list with an invalid name is refused")
    func hostile() async throws {
        let fallback = TestNode.pod("{select: {name: 'app-?'}, vault: kv-b, fallbackVault: kv-a}")
        node.azure.change { $0.statuses["kv-b"] = 503 }
        #expect(try await node.mount(fallback).count == 3)
        node.azure.change { $0.secrets["kv-a ..%2Fx"] = FakeAzure.Secret(version: 1, value: "x") }
        #expect(try await TestNode.listing("..%2Fx").failure(Self.pod("name: '*'")) == .answerMalformed)
    }
}

extension TestNode {
    /// A node whose vault lists an object with the name `name`.
    fileprivate static func listing(_ name: String) -> TestNode {
        let node = TestNode()
        node.azure.change { $0.secrets["kv-a \(name)"] = FakeAzure.Secret(version: 1, value: "x") }
        return node
    }
}
