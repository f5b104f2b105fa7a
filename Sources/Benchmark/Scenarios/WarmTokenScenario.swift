/// Another volume with new values, over open connections. The provider has already exchanged the token.
struct WarmTokenScenario: Scenario {
    let name = "warm"
    let summary = "new values for a pod whose token is already exchanged"

    func run(in context: ScenarioContext) async throws -> ScenarioResult {
        var grid = LatencyGrid(name, context.size.objectCounts)
        var checks: [Check] = []
        try await context.withProvider(in: context.azureWithoutLatency) { providerWithoutLatency in
            try await context.withProvider(in: context.azureWithLatency) { providerWithLatency in
                let tokenWithoutLatency = try await context.azureWithoutLatency.token(for: context.tenant)
                let tokenWithLatency = try await context.azureWithLatency.token(for: context.tenant)
                var volumes = 0
                var secrets = 0
                func mount(_ cell: LatencyGrid.Cell) async throws -> (Duration, Usage) {
                    let provider = cell.hasLatency ? providerWithLatency : providerWithoutLatency
                    // Each volume starts with the secret after the last one of the previous volume.
                    let volume = try Volume(
                        pod: volumes, of: context.tenant,
                        token: cell.hasLatency ? tokenWithLatency : tokenWithoutLatency,
                        secrets: context.secrets(cell.objects, from: secrets))
                    volumes += 1
                    secrets += cell.objects
                    return try await provider.measuringUsage { try await volume.mount(through: provider.client) }
                }
                // Open the connections.
                for cell in grid.cells { _ = try await mount(cell) }
                for _ in 0..<context.size.samples(300, quick: 2) {
                    for cell in grid.cells {
                        let (duration, usage) = try await mount(cell)
                        grid.add(duration, usage, to: cell)
                        checks += [
                            Check(
                                "warm, \(cell): token requests", usage.calls.tokens,
                                is: context.features.cachesTokens ? 0 : 1),
                            Check("warm, \(cell): vault requests", usage.calls.vault, is: cell.objects),
                        ]
                    }
                }
            }
        }
        return ScenarioResult(measurements: grid.measurements, checks: checks)
    }
}
