/// A rollout: new pods of one identity, one after another, with objects that others of it have.
struct SharedObjectsScenario: Scenario {
    let name = "new-pod"
    let summary = "new pods, each with its own exchange, whose objects the node already has"

    private static let objects = 10

    func run(in bench: Bench) async throws -> Outcome {
        var measurements: [Measurement] = []
        var checks: [Check] = []
        for azure in [bench.near, bench.far] {
            let pods = bench.extent.samples(500, quick: 5)
            let tokens = try await bench.tokens(pods, for: bench.tenant, in: azure)
            let volumes = try tokens.enumerated().map { index, token in
                try Volume(
                    pod: index, of: bench.tenant, token: token, secrets: bench.secrets(Self.objects))
            }
            try await bench.withProvider(in: azure) { provider in
                let first = try Volume(
                    pod: pods, of: bench.tenant, token: try await azure.token(for: bench.tenant),
                    secrets: bench.secrets(Self.objects))
                _ = try await first.mount(through: provider.client)
                let start = ContinuousClock.now
                let (durations, usage) = try await provider.measuring {
                    try await provider.mount(volumes, width: 1)
                }
                let cell = LatencyGrid.Cell(objects: Self.objects, isFar: azure.latency > .zero)
                var result = Measurement(name, "\(cell)", durations)
                result.add(usage)
                measurements.append(result)
                // Values are shared with new pods for a second.
                let reads = Int((ContinuousClock.now - start).seconds) + 1
                checks += [
                    Check("new-pod, \(cell): token requests", usage.calls.tokens, is: pods),
                    Check(
                        "new-pod, \(cell): vault requests", usage.calls.vault,
                        is: bench.features.sharesValues
                            ? 0...reads * Self.objects : pods * Self.objects...pods * Self.objects),
                ]
            }
        }
        measurements[1].compare(toWithoutLatency: measurements[0], latency: bench.far.latency)
        return Outcome(measurements: measurements, checks: checks)
    }
}
