/// The time from the start of a process to its first response, and its memory while idle.
struct StartScenario: Scenario {
    let name = "start"
    let summary = "time from start to the first response to Version; memory when idle"

    func run(in context: ScenarioContext) async throws -> ScenarioResult {
        var durations: [Duration] = []
        var resident: [Double] = []
        var anonymous: [Double] = []
        for _ in 0..<context.size.samples(50, quick: 2) {
            try await context.withProvider(in: context.azureWithoutLatency) { provider in
                durations.append(provider.startTime)
                resident.append(Double(try provider.meter.residentBytes()) / 1e6)
                anonymous.append(Double(try provider.meter.anonymousBytes()) / 1e6)
            }
        }
        var start = Measurement(name, "first answer", durations, mounts: 0)
        start.residentMegabytes = resident.sorted()[resident.count / 2]
        start.figures = [.init("of which its own", anonymous.sorted()[anonymous.count / 2], "MB", isCost: true)]
        return ScenarioResult(measurements: [start])
    }
}
