/// One run of the benchmark.
package struct BenchmarkRun: Sendable {
    private let programs: Programs
    private let size: BenchmarkSize
    private let scenarios: [any Scenario]

    /// A run of the scenarios named `names`, or of all scenarios if `names` is empty.
    package init(programs: Programs, size: BenchmarkSize, scenarios names: [String]) throws {
        self.programs = programs
        self.size = size
        scenarios = try Scenarios.named(names)
    }

    /// Runs the scenarios and calls `progress` with the name of each one before it starts. All processes that it
    /// starts have ended when it returns.
    ///
    /// - Returns: the results, and a description of each request count that is wrong.
    package func results(
        progress: (String) -> Void
    ) async throws -> (results: ResultFile, failures: [String]) {
        let watchdog = try Watchdog()
        defer { watchdog.close() }
        let context = try await ScenarioContext(programs: programs, size: size, watchdog: watchdog)
        var measurements: [Measurement] = []
        var checks: [Check] = []
        for scenario in scenarios {
            progress(scenario.name)
            let outcome = try await scenario.run(in: context)
            measurements += outcome.measurements
            checks += outcome.checks
        }
        try await context.stop()
        let results = ResultFile(
            measurements, providerFlags: programs.providerFlags, emulatorFlags: programs.emulatorFlags,
            isQuick: size.isQuick)
        return (results, context.features.checksCounts ? Check.failures(checks) : [])
    }
}
