import Budgets
import Documents
import KeyMaterial
import ProviderCore
import SecretMemory
import Shaping
import Synchronization
import Testing

@Suite("The budget of a mount")
struct MountBudgetTests {
    @Test("the step after the last one, and every step after that, is refused")
    func steps() {
        let budget = MountBudget(MountBudget.Limits(steps: 10, bytes: 10))
        #expect(budget.spend(steps: 10, on: .reading))
        #expect(budget.overrun == nil)
        #expect(!budget.spend(steps: 1, on: .matching))
        #expect(budget.overrun == .steps(limit: 10, .matching))
        #expect(!budget.spend(bytes: 1, on: .shaping))
        #expect(budget.overrun == .steps(limit: 10, .matching))
    }

    @Test("the byte after the last one is refused", arguments: [11, .max])
    func bytes(count: Int) {
        let budget = MountBudget(MountBudget.Limits(steps: 100, bytes: 10))
        #expect(budget.spend(bytes: 10, on: .shaping))
        #expect(!budget.spend(bytes: count - 10, on: .shaping))
        #expect(budget.overrun == .bytes(limit: 10, .shaping))
    }

    @Test("the budget does not overflow", arguments: [Int.max, .max - 1, .min, -1, 0])
    func extremes(count: Int) {
        let budget = MountBudget(MountBudget.Limits(steps: 1000, bytes: 1000))
        for _ in 0..<5 { _ = budget.spend(steps: count, on: .reading) }
        for _ in 0..<5 { _ = budget.spend(bytes: count, on: .reading) }
        #expect((budget.overrun != nil) == (count > 1000))
    }

    @Test("an attempt that takes too long is interrupted, and can run again from its start")
    func attempts() {
        let budget = MountBudget(MountBudget.Limits(steps: 1000, bytes: 100))
        let work = {
            (0..<50).allSatisfy { _ in
                MountBudget.spend(steps: 2, on: .reading) && MountBudget.spend(bytes: 1, on: .shaping)
            }
        }
        #expect(budget.run(upTo: 60, work) == nil)
        #expect(budget.overrun == nil)
        #expect(budget.spentBytes == 0)
        #expect(budget.run(work))
        #expect(budget.run(upTo: 500, work) == true)
        #expect(budget.spentBytes == 100)
    }

    @Test("during an interrupted attempt, the budget is exceeded")
    func worth() {
        let budget = MountBudget(MountBudget.Limits(steps: 1000))
        let result: Void? = budget.run(upTo: 10) {
            #expect(MountBudget.isWithinLimits)
            _ = MountBudget.spend(steps: 11, on: .reading)
            #expect(!MountBudget.isWithinLimits)
        }
        #expect(result == nil)
        #expect(MountBudget.isWithinLimits)
    }

    @Test("the budget ends with the mount's time, and with its cancellation")
    func ends() {
        let isOver = Mutex(false)
        let budget = MountBudget { isOver.withLock { $0 } }
        #expect(budget.spend(steps: 100_000, on: .reading))
        isOver.withLock { $0 = true }
        #expect(!budget.spend(steps: 100_000, on: .reading))
        #expect(budget.overrun == .ended)

        let other = MountBudget()
        other.cancel()
        #expect(!other.spend(on: .reading))
        #expect(other.overrun == .ended)
    }

    /// Each kind of work that users can cause. Each item takes more than 20,000 steps.
    private static let work: [(activity: MountBudget.Activity, name: String, run: @Sendable () throws -> Void)] = [
        (.reading, "YAML", { _ = try YAMLParser.parseFirst(String(repeating: "- a\n", count: 5000)) }),
        (
            .reading, "aliases",
            { _ = try YAMLParser.parseFirst("- &a [\(list(1000))]\n" + String(repeating: "- *a\n", count: 20)) }
        ),
        (.reading, "JSON", { _ = try JSONParser.parse(SecretBytes("[\(list(200_000))]")) }),
        (
            .matching, "regex",
            {
                let pattern = try NamePattern("(a|b|c|d){40}x")
                for _ in 0..<50 { _ = pattern.matches(String(repeating: "a", count: 100)) }
            }
        ),
        (
            .matching, "glob",
            {
                let glob = Glob(String(repeating: "*a", count: 100), ignoresCase: true)
                for _ in 0..<100 { _ = glob.matches(String(repeating: "a", count: 2000) + "b") }
            }
        ),
        (
            .shaping, "jmesPath",
            {
                var budget = ShapingBudget(bytes: .max)
                let document = try ContentDocument.parse(SecretBytes("[\(list(500))]"), as: .json)
                for _ in 0..<100 { _ = try JMESPath("[*].a").search(document, &budget) }
            }
        ),
        (
            .derivingKeys, "PKCS#12",
            {
                let keys = try TestKeys.shared.get()
                let leaf = try #require(keys.leaves[.p256])
                let file = try keys.pkcs12(key: .p256, certificates: [leaf], options: ["-iter", "100000"])
                _ = try PKCS12.open(file)
            }
        ),
        (.comparing, "paths", { _ = MountPath.conflict(among: (0..<20_000).map { "a/\($0)" }) }),
        (
            .verifying, "signatures",
            {
                let keys = try TestKeys.shared.get()
                let chain = [try #require(keys.leaves[.p256]), keys.intermediate, keys.root].map {
                    String(decoding: $0, as: UTF8.self)
                }
                let bundle = try CertificateBundle(
                    SecretBytes(chain.joined(separator: "\n")), contentType: "application/x-pem-file")
                for _ in 0..<20 { try bundle.verify() }
            }
        ),
    ]

    private static func list(_ count: Int) -> String { [String](repeating: "1", count: count).joined(separator: ",") }

    @Test("every kind of work that users can cause uses the budget", arguments: work.indices)
    func kinds(index: Int) {
        let (activity, name, work) = Self.work[index]
        let generous = MountBudget()
        generous.run { #expect(throws: Never.self, "\(name)", performing: work) }
        #expect(generous.overrun == nil, "\(name)")

        let budget = MountBudget(MountBudget.Limits(steps: 20_000))
        budget.run { _ = try? work() }
        #expect(budget.overrun == .steps(limit: 20_000, activity), "\(name)")
    }

    @Test("every excess becomes one error, which names the limit and the settings")
    func errors() {
        let error = ProviderError(MountBudget.Overrun.steps(limit: 5, .matching))
        #expect(error.code == .limitExceeded)
        #expect(error.description.contains("more than 5 steps"))
        #expect(error.description.contains("select"))
        #expect(ProviderError(MountBudget.Overrun.bytes(limit: 7, .shaping)).description.contains("7 bytes"))
        #expect(ProviderError(MountBudget.Overrun.ended).code == .timedOut)
    }
}
