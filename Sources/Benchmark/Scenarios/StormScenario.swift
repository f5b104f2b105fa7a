/// Many pods of one identity at once on a fresh process: a node that was drained and comes back.
struct StormScenario: Scenario {
    let name = "storm"
    let summary = "many pods of one identity at once, 10 objects each"

    func run(in bench: Bench) async throws -> Outcome {
        var storms = (bench.extent.isQuick ? [1, 20] : [1, 10, 30, 110]).map { Storm(pods: $0) }
        for _ in 0..<bench.extent.samples(10, quick: 1) {
            for index in storms.indices { try await storms[index].break(in: bench) }
        }
        return Outcome(
            measurements: storms.map { $0.measurement(name, latency: bench.far.latency) },
            checks: storms.flatMap(\.checks))
    }
}

/// The same under the CPU limit that upstream's chart sets, where CPU time decides and not latency.
struct CPULimitScenario: Scenario {
    let name = "storm-limited"
    let summary = "the storm under a CPU limit of 50m"

    func run(in bench: Bench) async throws -> Outcome {
        var storm = Storm(pods: bench.extent.isQuick ? 5 : 110)
        guard let limit = CPULimit(millicores: 50) else {
            var skipped = storm.measurement(name, latency: bench.far.latency)
            skipped.figures = []
            skipped.note = "not measured: no control group can be made here (it takes root and the cpu controller)"
            return Outcome(measurements: [skipped])
        }
        defer { limit.remove() }
        for _ in 0..<bench.extent.samples(5, quick: 1) { try await storm.break(in: bench, under: limit) }
        return Outcome(
            measurements: [storm.measurement(name, latency: bench.far.latency)], checks: storm.checks)
    }
}

/// So many pods of one identity, and how their mounts went.
struct Storm: Sendable {
    let pods: Int
    private(set) var checks: [Check] = []
    private var durations: [Duration] = []
    private var untilAllDone: [Duration] = []
    private var usage = Usage.zero
    private var peakBytes: [Int] = []

    static let objects = 10

    init(pods: Int) {
        self.pods = pods
    }

    mutating func `break`(in bench: Bench, under limit: CPULimit? = nil) async throws {
        let tokens = try await bench.tokens(pods, for: bench.tenant, in: bench.far)
        let volumes = try tokens.enumerated().map { index, token in
            try Volume(pod: index, of: bench.tenant, token: token, secrets: bench.secrets(Self.objects))
        }
        let (done, all, used, peak) = try await bench.withProvider(in: bench.far) { provider in
            if let limit { try provider.limit(by: limit) }
            let (result, usage) = try await provider.measuring {
                let start = ContinuousClock.now
                let durations = try await provider.mount(volumes, width: volumes.count)
                return (durations: durations, all: ContinuousClock.now - start)
            }
            return (result.durations, result.all, usage, try provider.meter.peakBytes())
        }
        durations += done
        untilAllDone.append(all)
        usage = usage + used
        peakBytes.append(peak)
        let seconds = Int(all.seconds) + 1
        checks += [
            Check("storm, \(pods) pods: token requests", used.calls.tokens, is: pods),
            // Values are shared with new pods for a second; a storm that lasts longer reads them again.
            Check(
                "storm, \(pods) pods: vault requests", used.calls.vault,
                is: bench.features.sharesValues
                    ? Self.objects...Self.objects * seconds : pods * Self.objects...pods * Self.objects),
        ]
    }

    func measurement(_ scenario: String, latency: Duration) -> Measurement {
        let rounds = untilAllDone.count
        var result = Measurement(
            scenario, "\(pods) pod\(pods == 1 ? "" : "s") × \(Self.objects) objects, \(Int(latency.milliseconds)) ms",
            durations)
        if rounds > 0 { result.add(usage) }
        result.figures = [
            .init("pods", Double(pods), ""),
            .init("until all done", Statistics(untilAllDone).median ?? 0, "ms", isCost: true),
            .init("rounds", Double(rounds), ""),
            .init("requests in a round", Double(usage.calls.requests) / Double(max(rounds, 1)), "", isCost: true),
            .init("peak memory", Double(peakBytes.max() ?? 0) / 1e6, "MB", isCost: true),
        ]
        return result
    }
}
