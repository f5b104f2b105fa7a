/// One run of the benchmark.
package struct Run: Sendable {
    private let programs: Programs
    private let extent: Extent
    private let scenarios: [any Scenario]

    /// Runs the scenarios called `names`, or all.
    package init(programs: Programs, extent: Extent, scenarios names: [String]) throws {
        self.programs = programs
        self.extent = extent
        scenarios = try Scenarios.named(names)
    }

    /// Measures; tells `progress` before each scenario. Everything that was started is ended again.
    package func results(
        progress: (String) -> Void
    ) async throws -> (results: ResultFile, failures: [String]) {
        let watchdog = try Watchdog()
        defer { watchdog.close() }
        let bench = try await Bench(programs: programs, extent: extent, watchdog: watchdog)
        var measurements: [Measurement] = []
        var checks: [Check] = []
        for scenario in scenarios {
            progress(scenario.name)
            let outcome = try await scenario.run(in: bench)
            measurements += outcome.measurements
            checks += outcome.checks
        }
        try await bench.stop()
        let results = ResultFile(
            measurements, providerFlags: programs.providerFlags, emulatorFlags: programs.emulatorFlags,
            isQuick: extent.isQuick)
        return (results, bench.features.isKnown ? Check.failures(checks) : [])
    }
}
