import Azure
import AzureTestSupport
import CSIProvider
import ProviderCore
import TestSupport
import Testing

/// Many concurrent mounts of tenants that try to get each other's values, while tokens are revoked, roles and values
/// change and cache entries are evicted.
@Suite("Two tenants on one node")
struct HostileTenantTests {
    private static let pods = [
        ("app-1", "sa-1", "kv-a"), ("app-2", "sa-2", "kv-b"), ("app-1", "sa-1", "kv-b"), ("app-2", "sa-2", "kv-a"),
        ("app-1", "sa-2", "kv-a"), ("app-2", "sa-1", "kv-b"),
    ]

    @Test("two tenants never get each other's bytes, whatever fails", arguments: [UInt64(1), 2, 3])
    func hammer(seed: UInt64) async throws {
        let node = TestNode { $0.valueBytes = 12_000 }
        node.azure.change { state in
            state.roles = ["app-1 kv-a", "app-2 kv-b"]
            state.federation = ["app-1 sa-1", "app-2 sa-2"]
            for vault in ["kv-a", "kv-b"] {
                for index in 0..<8 {
                    state.secrets["\(vault) s\(index)"] = FakeAzure.Secret(
                        version: 1, value: "\(vault)/s\(index)")
                }
            }
        }
        try await withThrowingTaskGroup(of: (succeeded: Int, refused: Int).self) { group in
            for worker in 0..<8 {
                group.addTask { try await Self.mount(on: node, SeededRandom(seed: seed * 100 + UInt64(worker))) }
            }
            group.addTask {
                await Self.disturb(node, SeededRandom(seed: seed * 100 + 99))
                return (0, 0)
            }
            var total = (succeeded: 0, refused: 0)
            for try await part in group { total = (total.succeeded + part.succeeded, total.refused + part.refused) }
            #expect(total.succeeded > 100)
            #expect(total.refused > 100)
        }
    }

    private static func mount(
        on node: TestNode, _ random: SeededRandom
    ) async throws -> (succeeded: Int, refused: Int) {
        var random = random
        var counts = (succeeded: 0, refused: 0)
        for _ in 0..<150 {
            let (client, account, vault) = pods.randomElement(using: &random) ?? pods[0]
            let names = (0..<8).shuffled(using: &random).prefix(3).map { "s\($0)" }
            let pod = TestNode.Pod(
                name: "pod-\(Int.random(in: 0..<6, using: &random))", namespace: account, serviceAccount: account,
                client: client, vault: vault, objects: names, serial: Int.random(in: 0..<3, using: &random))
            do {
                let files = try await node.mount(pod)
                counts.succeeded += 1
                #expect(client == "app-1" ? (account, vault) == ("sa-1", "kv-a") : (account, vault) == ("sa-2", "kv-b"))
                for name in names { #expect(files[name] == "\(vault)/\(name)") }
            } catch is ProviderError {
                counts.refused += 1
            }
        }
        return counts
    }

    private static func disturb(_ node: TestNode, _ random: SeededRandom) async {
        var random = random
        for _ in 0..<400 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0: node.azure.change { $0.tokens = [:] }
            case 1: node.azure.change { $0.roles.remove("app-1 kv-a") }
            case 2: node.azure.change { $0.roles.insert("app-1 kv-a") }
            case 3: node.azure.advance(.milliseconds(Int.random(in: 1..<2000, using: &random)))
            case 4: node.azure.change { $0.secrets["kv-a s1"]?.addVersion() }
            default: node.mounts.sweep()
            }
            await Task.yield()
        }
        node.azure.change { $0.roles.insert("app-1 kv-a") }
    }
}
