/// The call that the driver repeats about every 75 seconds for every running pod.
struct RepublishScenario: Scenario {
    let name = "republish"
    let summary = "the same volume again, inside the refresh interval"

    func run(in context: ScenarioContext) async throws -> ScenarioResult {
        var measurements: [Measurement] = []
        var checks: [Check] = []
        for objects in context.size.objectCounts {
            try await context.withProvider(in: context.azureWithLatency) { provider in
                let token = try await context.azureWithLatency.token(for: context.tenant)
                let volume = try Volume(pod: 0, of: context.tenant, token: token, secrets: context.secrets(objects))
                // The first mount, and some more to warm up.
                for _ in 0..<context.size.samples(50, quick: 2) { _ = try await volume.mount(through: provider.client) }
                // Without shared values each mount takes round trips, so there are fewer samples.
                let samples = context.size.samples(context.features.sharesValues ? 5000 : 200, quick: 5)
                let (durations, usage) = try await provider.measuringUsage {
                    var durations: [Duration] = []
                    for _ in 0..<samples { durations.append(try await volume.mount(through: provider.client)) }
                    return durations
                }
                var result = Measurement(name, "\(LatencyGrid.Cell(objects: objects, hasLatency: true))", durations)
                result.add(usage)
                result.figures = [.init("objects", Double(objects), "")]
                measurements.append(result)
                checks += [
                    Check(
                        "republish, \(objects) objects: token requests", usage.calls.tokens,
                        is: context.features.cachesTokens ? 0 : samples),
                    Check(
                        "republish, \(objects) objects: vault requests", usage.calls.vault,
                        is: context.features.sharesValues ? 0 : samples * objects),
                ]
            }
        }
        return ScenarioResult(measurements: measurements, checks: checks)
    }
}
