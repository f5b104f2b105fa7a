import AzureTestSupport
import Budgets
import ProviderCore
import Testing

@testable import CSIProvider

/// Classes that exceed the limits of one mount. Each is small, because the limits here are small, too.
@Suite("A class that exceeds a limit")
struct CostlyClassTests {
    private static func objects(_ count: Int, _ settings: (Int) -> String = { _ in "" }) -> String {
        "array: ["
            + (0..<count).map { "{objectName: user, objectType: secret, objectAlias: f\($0)\(settings($0))}" }
            .joined(separator: ", ") + "]"
    }

    /// `word` with a capital letter for each bit of `number`: one name to Azure, many to the caches.
    private static func spelling(_ word: String, _ number: Int) -> String {
        word.enumerated().map { number >> $0 & 1 == 1 ? $1.uppercased() : String($1) }.joined()
    }

    private static let costly: [(name: String, parameters: [String: String])] = [
        ("many objects", ["objects": objects(1000)]),
        (
            "many queries",
            [
                "objects": objects(200) { _ in
                    #", extract: {jmesPath: "[\#([String](repeating: "a", count: 400).joined(separator: ","))]"}"#
                }
            ]
        ),
        (
            "templates",
            [
                "objects": objects(1),
                "files": "["
                    + (0..<50).map { "{fileName: t\($0), template: \"\(String(repeating: "{{ f0 }}", count: 900))\"}" }
                    .joined(separator: ", ") + "]",
            ]
        ),
        ("many vaults", ["objects": objects(21) { ", vault: kv-\($0)" }]),
        ("many clients", ["objects": objects(11) { ", clientID: app-\($0)" }]),
        ("one client in many spellings", ["objects": objects(11) { ", clientID: \(spelling("application", $0))" }]),
        ("one vault in many spellings", ["objects": objects(21) { ", vault: \(spelling("contoso", $0))" }]),
        (
            "many selectors",
            [
                "objects": "array: ["
                    + (0..<21).map { "{select: {type: secret, prefix: p\($0)}}" }.joined(separator: ", ") + "]"
            ]
        ),
        (
            "many keys",
            [
                "objects": "array: [{objectName: user, objectType: secret, "
                    + (0..<1001).map { "k\($0): v" }.joined(separator: ", ") + "}]"
            ]
        ),
    ]

    @Test(
        "a class that is too costly fails with one error that names the limit, and does not affect the node",
        arguments: costly.indices)
    func isRefused(index: Int) async throws {
        let (name, parameters) = Self.costly[index]
        let node = TestNode(limits: MountBudget.Limits(steps: 60_000, bytes: 100_000))
        // A JSON document, for the classes that shape it.
        node.azure.change { $0.secrets["kv-a user"]?.value = "7" }
        var pod = TestNode.Pod()
        pod.parameters = parameters
        #expect(try await node.failure(pod) == .limitExceeded, "\(name)")
        // The kubelet retries, and then another pod mounts.
        #expect(try await node.failure(pod) == .limitExceeded, "\(name)")
        #expect(try await node.mount(TestNode.Pod(name: "other")) == ["user": "7"])
    }

    @Test("a class fails if its files exceed the size of one volume")
    func largeStandIns() async throws {
        let node = TestNode(limits: MountBudget.Limits())
        let objects = (0..<900).map { "{objectName: gone\($0), objectType: secret, default: *text}" }
        var pod = TestNode.Pod()
        pod.parameters = [
            "objects":
                "text: &text \(String(repeating: "x", count: 20_000))\narray: [\(objects.joined(separator: ", "))]"
        ]
        let error = try #require(try await node.error(pod))
        #expect(error.code == .answerTooLarge)
        // The files would have 18 MB; the mount fails at the limit.
        #expect(error.message.contains("more than 4194304 bytes"))
    }

    @Test("a class fails if its objects or histories exceed the memory of one mount")
    func largeVault() async throws {
        let node = TestNode()
        node.azure.change { state in
            for index in 0..<500 {
                state.secrets["kv-a big\(index)"] = .init(version: 1, value: String(repeating: "x", count: 25_000))
            }
            state.secrets["kv-a long"] = .init(
                version: 6000, value: "x", earlier: [String](repeating: "x", count: 5999))
        }
        let hidden = (0..<500).map { "{objectName: big\($0), objectType: secret, hidden: true}" }
        var pod = TestNode.Pod()
        pod.parameters = [
            "objects": "array: [{objectName: user, objectType: secret}, \(hidden.joined(separator: ", "))]"
        ]
        #expect(try await node.failure(pod) == .limitExceeded)
        // A third of the vault's list is enough to see the excess.
        #expect(node.azure.count("get kv-a big") < 450)

        let history = "{objectName: long, objectType: secret, objectVersionHistory: 2147483647}"
        pod.parameters = ["objects": "array: [\(history)]"]
        #expect(try await node.failure(pod) == .limitExceeded)
        #expect(node.azure.count("get kv-a long") == 0)
        #expect(try await node.mount(TestNode.Pod(name: "other")) == ["user": "user1"])
    }

    @Test("a class that exceeded a small budget is parsed again with a larger one")
    func isNotRemembered() async throws {
        let node = TestNode()
        var pod = TestNode.Pod()
        // More work than the caller's thread does, but less than the limit of a mount.
        pod.parameters = ["objects": Self.objects(1000)]
        #expect(try await node.mount(pod).count == 1000)
        #expect(try await node.mount(pod).count == 1000)
    }
}
