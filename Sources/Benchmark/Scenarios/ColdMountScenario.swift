/// The first mount of a new process: connections, token and values are all to be had yet.
struct ColdMountScenario: Scenario {
    let name = "cold"
    let summary = "the first mount of a new process"

    func run(in bench: Bench) async throws -> Outcome {
        var grid = LatencyGrid(name, bench.extent.objectCounts)
        var checks: [Check] = []
        // Taken in turns, so that a busy moment of the machine hits all alike.
        for _ in 0..<bench.extent.samples(200, quick: 2) {
            for cell in grid.cells {
                let azure = cell.isFar ? bench.far : bench.near
                let token = try await azure.token(for: bench.tenant)
                let volume = try Volume(pod: 0, of: bench.tenant, token: token, secrets: bench.secrets(cell.objects))
                let (duration, usage) = try await bench.withProvider(in: azure) { provider in
                    try await provider.measuring { try await volume.mount(through: provider.client) }
                }
                grid.add(duration, usage, to: cell)
                checks += [
                    Check("cold, \(cell): token requests", usage.calls.tokens, is: 1),
                    Check("cold, \(cell): vault requests", usage.calls.vault, is: cell.objects),
                ]
            }
        }
        return Outcome(measurements: grid.measurements, checks: checks)
    }
}
