/// The call that the driver makes for every pod, about every 75 seconds, for as long as it lives.
struct RepublishScenario: Scenario {
    let name = "republish"
    let summary = "the same volume again, inside the refresh interval"

    func run(in bench: Bench) async throws -> Outcome {
        var measurements: [Measurement] = []
        var checks: [Check] = []
        for objects in bench.extent.objectCounts {
            try await bench.withProvider(in: bench.far) { provider in
                let token = try await bench.far.token(for: bench.tenant)
                let volume = try Volume(pod: 0, of: bench.tenant, token: token, secrets: bench.secrets(objects))
                // The first mount, and a few to settle.
                for _ in 0..<bench.extent.samples(50, quick: 2) { _ = try await volume.mount(through: provider.client) }
                // Without shared values each takes round trips, so fewer must do.
                let samples = bench.extent.samples(bench.features.sharesValues ? 5000 : 200, quick: 5)
                let (durations, usage) = try await provider.measuring {
                    var durations: [Duration] = []
                    for _ in 0..<samples { durations.append(try await volume.mount(through: provider.client)) }
                    return durations
                }
                var result = Measurement(name, "\(LatencyGrid.Cell(objects: objects, isFar: true))", durations)
                result.add(usage)
                result.figures = [.init("objects", Double(objects), "")]
                measurements.append(result)
                checks += [
                    Check(
                        "republish, \(objects) objects: token requests", usage.calls.tokens,
                        is: bench.features.cachesTokens ? 0 : samples),
                    Check(
                        "republish, \(objects) objects: vault requests", usage.calls.vault,
                        is: bench.features.sharesValues ? 0 : samples * objects),
                ]
            }
        }
        return Outcome(measurements: measurements, checks: checks)
    }
}
