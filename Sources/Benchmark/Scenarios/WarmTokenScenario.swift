/// A further volume with values that the provider does not have, over open connections; the
/// token has been exchanged before.
struct WarmTokenScenario: Scenario {
    let name = "warm"
    let summary = "new values for a pod whose token is known"

    func run(in bench: Bench) async throws -> Outcome {
        var grid = LatencyGrid(name, bench.extent.objectCounts)
        var checks: [Check] = []
        try await bench.withProvider(in: bench.near) { near in
            try await bench.withProvider(in: bench.far) { far in
                let nearToken = try await bench.near.token(for: bench.tenant)
                let farToken = try await bench.far.token(for: bench.tenant)
                var volumes = 0
                var secrets = 0
                func mount(_ cell: LatencyGrid.Cell) async throws -> (Duration, Usage) {
                    let provider = cell.isFar ? far : near
                    // Each volume begins where the last one ended.
                    let volume = try Volume(
                        pod: volumes, of: bench.tenant, token: cell.isFar ? farToken : nearToken,
                        secrets: bench.secrets(cell.objects, from: secrets))
                    volumes += 1
                    secrets += cell.objects
                    return try await provider.measuring { try await volume.mount(through: provider.client) }
                }
                // Opens the connections.
                for cell in grid.cells { _ = try await mount(cell) }
                for _ in 0..<bench.extent.samples(300, quick: 2) {
                    for cell in grid.cells {
                        let (duration, usage) = try await mount(cell)
                        grid.add(duration, usage, to: cell)
                        checks += [
                            Check(
                                "warm, \(cell): token requests", usage.calls.tokens,
                                is: bench.features.cachesTokens ? 0 : 1),
                            Check("warm, \(cell): vault requests", usage.calls.vault, is: cell.objects),
                        ]
                    }
                }
            }
        }
        return Outcome(measurements: grid.measurements, checks: checks)
    }
}
