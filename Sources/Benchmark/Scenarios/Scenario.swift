/// A measurement that does not depend on other scenarios.
protocol Scenario: Sendable {
    /// The name for `--scenario`.
    var name: String { get }
    /// The description in `--list`.
    var summary: String { get }

    func run(in context: ScenarioContext) async throws -> ScenarioResult
}

/// The measurements of a scenario, and its checks of request counts.
struct ScenarioResult: Sendable {
    var measurements: [Measurement]
    var checks: [Check] = []
}

/// All scenarios, in the order in which they run.
package enum Scenarios {
    static let all: [any Scenario] = [
        StartScenario(), ColdMountScenario(), WarmTokenScenario(), UncachedScenario(), RepublishScenario(),
        NewPodScenario(),
        StormScenario(), CPULimitScenario(), SteadyStateScenario(), LargeValuesScenario(), ModelScenario(),
        AllocationScenario(), TransportScenario(), SoakScenario(),
    ]

    /// The name and description of each scenario.
    package static var list: [(name: String, summary: String)] { all.map { ($0.name, $0.summary) } }

    static func named(_ names: [String]) throws -> [any Scenario] {
        for name in names where !all.contains(where: { $0.name == name }) {
            throw BenchmarkError(
                "unknown scenario \(name). The scenarios are \(all.map(\.name).joined(separator: ", "))")
        }
        return names.isEmpty ? all : all.filter { names.contains($0.name) }
    }
}
