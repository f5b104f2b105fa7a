/// A new process until its first answer, and what it takes while idle.
struct StartScenario: Scenario {
    let name = "start"
    let summary = "from start to the first answered Version; memory when idle"

    func run(in bench: Bench) async throws -> Outcome {
        var durations: [Duration] = []
        var resident: [Double] = []
        var anonymous: [Double] = []
        for _ in 0..<bench.extent.samples(50, quick: 2) {
            try await bench.withProvider(in: bench.near) { provider in
                durations.append(provider.startTime)
                resident.append(Double(try provider.meter.residentBytes()) / 1e6)
                anonymous.append(Double(try provider.meter.anonymousBytes()) / 1e6)
            }
        }
        var start = Measurement(name, "first answer", durations, mounts: 0)
        start.residentMegabytes = resident.sorted()[resident.count / 2]
        start.figures = [.init("of which its own", anonymous.sorted()[anonymous.count / 2], "MB", isCost: true)]
        return Outcome(measurements: [start])
    }
}
