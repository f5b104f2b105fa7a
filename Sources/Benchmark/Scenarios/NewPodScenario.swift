internal import AsyncSupport

/// A rollout: new pods of one identity, one after another, with objects that the node has already fetched for others.
struct NewPodScenario: Scenario {
    let name = "new-pod"
    let summary = "new pods, each with its own token exchange, with objects that the node already has"

    private static let objects = 10

    func run(in context: ScenarioContext) async throws -> ScenarioResult {
        var measurements: [Measurement] = []
        var checks: [Check] = []
        for azure in [context.azureWithoutLatency, context.azureWithLatency] {
            let pods = context.size.samples(500, quick: 5)
            let tokens = try await context.tokens(pods, for: context.tenant, in: azure)
            let volumes = try tokens.enumerated().map { index, token in
                try Volume(
                    pod: index, of: context.tenant, token: token, secrets: context.secrets(Self.objects))
            }
            try await context.withProvider(in: azure) { provider in
                let first = try Volume(
                    pod: pods, of: context.tenant, token: try await azure.token(for: context.tenant),
                    secrets: context.secrets(Self.objects))
                _ = try await first.mount(through: provider.client)
                let start = ContinuousClock.now
                let (durations, usage) = try await provider.measuringUsage {
                    try await provider.mount(volumes, width: 1)
                }
                let cell = LatencyGrid.Cell(objects: Self.objects, hasLatency: azure.latency > .zero)
                var result = Measurement(name, "\(cell)", durations)
                result.add(usage)
                measurements.append(result)
                // The provider shares a value with new pods for one second.
                let reads = Int((ContinuousClock.now - start).inSeconds) + 1
                checks += [
                    Check("new-pod, \(cell): token requests", usage.calls.tokens, is: pods),
                    Check(
                        "new-pod, \(cell): vault requests", usage.calls.vault,
                        is: context.features.sharesValues
                            ? 0...reads * Self.objects : pods * Self.objects...pods * Self.objects),
                ]
            }
        }
        measurements[1].compare(toWithoutLatency: measurements[0], latency: context.azureWithLatency.latency)
        return ScenarioResult(measurements: measurements, checks: checks)
    }
}
