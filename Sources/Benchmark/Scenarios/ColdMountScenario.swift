/// The first mount of a new process, without connections, tokens or values.
struct ColdMountScenario: Scenario {
    let name = "cold"
    let summary = "the first mount of a new process"

    func run(in context: ScenarioContext) async throws -> ScenarioResult {
        var grid = LatencyGrid(name, context.size.objectCounts)
        var checks: [Check] = []
        // Alternate between the cells, so that other work of the machine affects all of them equally.
        for _ in 0..<context.size.samples(200, quick: 2) {
            for cell in grid.cells {
                let azure = cell.hasLatency ? context.azureWithLatency : context.azureWithoutLatency
                let token = try await azure.token(for: context.tenant)
                let volume = try Volume(
                    pod: 0, of: context.tenant, token: token, secrets: context.secrets(cell.objects))
                let (duration, usage) = try await context.withProvider(in: azure) { provider in
                    try await provider.measuringUsage { try await volume.mount(through: provider.client) }
                }
                grid.add(duration, usage, to: cell)
                checks += [
                    Check("cold, \(cell): token requests", usage.calls.tokens, is: 1),
                    Check("cold, \(cell): vault requests", usage.calls.vault, is: cell.objects),
                ]
            }
        }
        return ScenarioResult(measurements: grid.measurements, checks: checks)
    }
}
