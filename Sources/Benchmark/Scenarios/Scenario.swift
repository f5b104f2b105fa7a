/// Something to measure, on its own.
protocol Scenario: Sendable {
    /// As `--scenario` takes it.
    var name: String { get }
    /// One line for `--list`.
    var summary: String { get }

    func run(in bench: Bench) async throws -> Outcome
}

/// What a scenario found.
struct Outcome: Sendable {
    var measurements: [Measurement]
    var checks: [Check] = []
}

/// All scenarios, in the order in which they run.
package enum Scenarios {
    static let all: [any Scenario] = [
        StartScenario(), ColdMountScenario(), WarmTokenScenario(), RepublishScenario(), SharedObjectsScenario(),
        StormScenario(), CPULimitScenario(), SteadyStateScenario(), LargeValuesScenario(), ModelScenario(),
        AllocationScenario(), SoakScenario(),
    ]

    /// Names and what each measures.
    package static var list: [(name: String, summary: String)] { all.map { ($0.name, $0.summary) } }

    static func named(_ names: [String]) throws -> [any Scenario] {
        for name in names where !all.contains(where: { $0.name == name }) {
            throw BenchmarkFailure(
                "there is no scenario \(name); there are \(all.map(\.name).joined(separator: ", "))")
        }
        return names.isEmpty ? all : all.filter { names.contains($0.name) }
    }
}
