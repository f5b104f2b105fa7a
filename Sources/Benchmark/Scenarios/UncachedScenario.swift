internal import AsyncSupport

/// New pods on a node without caches, eight at a time: the cost of the provider itself when it has to fetch everything.
struct UncachedScenario: Scenario {
    let name = "uncached"
    let summary = "new pods with all caches off, eight at a time, with 1, 10 and 50 objects"

    private static let width = 8
    private static let flags = ["--refresh-interval=0", "--token-cache=false"]

    func run(in context: ScenarioContext) async throws -> ScenarioResult {
        var outcome = ScenarioResult(measurements: [])
        for (objects, azure) in [
            (1, context.azureWithoutLatency), (10, context.azureWithoutLatency), (50, context.azureWithLatency),
        ] {
            let pods = context.size.samples(400, quick: 8)
            let tokens = try await context.tokens(pods, for: context.tenant, in: azure)
            let volumes = try tokens.enumerated().map { index, token in
                try Volume(pod: index, of: context.tenant, token: token, secrets: context.secrets(objects))
            }
            let variant = "\(LatencyGrid.Cell(objects: objects, hasLatency: azure.latency > .zero))"
            try await context.withProvider(in: azure, flags: Self.flags) { provider in
                // Connections are open and the program has reached its usual speed before the measurement.
                _ = try await provider.mount(Array(volumes.prefix(4 * Self.width)), width: Self.width)
                let (durations, usage) = try await provider.measuringUsage {
                    try await provider.mount(volumes, width: Self.width)
                }
                var result = Measurement(name, variant, durations)
                result.add(usage)
                outcome.measurements.append(result)
                outcome.checks += [
                    Check("uncached, \(variant): token requests", usage.calls.tokens, is: pods),
                    Check("uncached, \(variant): vault requests", usage.calls.vault, is: pods * objects),
                ]
            }
        }
        return outcome
    }
}
