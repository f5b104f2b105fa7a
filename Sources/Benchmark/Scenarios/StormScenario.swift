internal import AsyncSupport

/// Many pods of one identity at the same time on a new process, as on a node that returns after a drain.
struct StormScenario: Scenario {
    let name = "storm"
    let summary = "many pods of one identity at the same time, 10 objects each"

    func run(in context: ScenarioContext) async throws -> ScenarioResult {
        var storms = (context.size.isQuick ? [1, 20] : [1, 10, 30, 110]).map { Storm(pods: $0) }
        for _ in 0..<context.size.samples(10, quick: 1) {
            for index in storms.indices { try await storms[index].run(in: context) }
        }
        return ScenarioResult(
            measurements: storms.map { $0.measurement(name, latency: context.azureWithLatency.latency) },
            checks: storms.flatMap(\.checks))
    }
}

/// The storm under the CPU limit of the chart of Azure's provider, where CPU time matters more than latency.
struct CPULimitScenario: Scenario {
    let name = "storm-limited"
    let summary = "the storm under a CPU limit of 50m"

    func run(in context: ScenarioContext) async throws -> ScenarioResult {
        var storm = Storm(pods: context.size.isQuick ? 5 : 110)
        guard let limit = CPULimit(millicores: 50) else {
            var skipped = storm.measurement(name, latency: context.azureWithLatency.latency)
            skipped.figures = []
            skipped.note = "not measured: cannot create a control group (this needs root and the cpu controller)"
            return ScenarioResult(measurements: [skipped])
        }
        defer { limit.remove() }
        for _ in 0..<context.size.samples(5, quick: 1) { try await storm.run(in: context, under: limit) }
        return ScenarioResult(
            measurements: [storm.measurement(name, latency: context.azureWithLatency.latency)], checks: storm.checks)
    }
}

/// Mounts of `pods` pods of one identity at the same time, in one or more rounds.
struct Storm: Sendable {
    let pods: Int
    private(set) var checks: [Check] = []
    private var durations: [Duration] = []
    private var totalDurations: [Duration] = []
    private var usage = Usage.zero
    private var peakBytes: [Int] = []

    static let objects = 10

    init(pods: Int) {
        self.pods = pods
    }

    /// Runs one round on a new process.
    mutating func run(in context: ScenarioContext, under limit: CPULimit? = nil) async throws {
        let tokens = try await context.tokens(pods, for: context.tenant, in: context.azureWithLatency)
        let volumes = try tokens.enumerated().map { index, token in
            try Volume(pod: index, of: context.tenant, token: token, secrets: context.secrets(Self.objects))
        }
        let (done, all, used, peak) = try await context.withProvider(in: context.azureWithLatency) { provider in
            if let limit { try provider.limit(by: limit) }
            let (result, usage) = try await provider.measuringUsage {
                let start = ContinuousClock.now
                let durations = try await provider.mount(volumes, width: volumes.count)
                return (durations: durations, all: ContinuousClock.now - start)
            }
            return (result.durations, result.all, usage, try provider.meter.peakBytes())
        }
        durations += done
        totalDurations.append(all)
        usage = usage + used
        peakBytes.append(peak)
        let seconds = Int(all.inSeconds) + 1
        checks += [
            Check("storm, \(pods) pods: token requests", used.calls.tokens, is: pods),
            // The provider shares a value with new pods for one second. A longer storm fetches it again.
            Check(
                "storm, \(pods) pods: vault requests", used.calls.vault,
                is: context.features.sharesValues
                    ? Self.objects...Self.objects * seconds : pods * Self.objects...pods * Self.objects),
        ]
    }

    func measurement(_ scenario: String, latency: Duration) -> Measurement {
        let rounds = totalDurations.count
        var result = Measurement(
            scenario, "\(pods) pod\(pods == 1 ? "" : "s") × \(Self.objects) objects, \(Int(latency.inMilliseconds)) ms",
            durations)
        if rounds > 0 { result.add(usage) }
        result.figures = [
            .init("pods", Double(pods), ""),
            .init("until all done", Statistics(totalDurations).median ?? 0, "ms", isCost: true),
            .init("rounds", Double(rounds), ""),
            .init("requests in a round", Double(usage.calls.requests) / Double(max(rounds, 1)), "", isCost: true),
            .init("peak memory", Double(peakBytes.max() ?? 0) / 1e6, "MB", isCost: true),
        ]
        return result
    }
}
