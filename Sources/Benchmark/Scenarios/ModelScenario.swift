internal import AsyncSupport

/// Compares the cluster model with the requests of small clusters.
struct ModelScenario: Scenario {
    let name = "model"
    let summary = "the cluster model compared with the requests of small clusters"

    /// The measurement covers about 18 fetches, and can start and end at any time between two of them.
    private static let tolerance = 0.2

    func run(in context: ScenarioContext) async throws -> ScenarioResult {
        var outcome = ScenarioResult(measurements: [])
        // One node is enough, because nodes share nothing. The number of pods per identity varies.
        for (tenants, pods) in context.size.isQuick ? [(2, 2)] : [(6, 1), (3, 2), (2, 5), (1, 15)] {
            let node = SimulatedNode(
                tenants: Array(context.seed.tenants.prefix(tenants)), podsPerTenant: pods,
                secrets: EmulatorSeed.secretsPerOtherTenant)
            let rates = try await context.withProvider(
                in: context.azureWithoutLatency, flags: SimulatedNode.flags(for: context.features)
            ) {
                try await node.run(through: $0, for: .seconds(context.size.samples(40, quick: 3)), seed: UInt64(pods))
            }
            let interval = SimulatedNode.republishInterval
            let model = ClusterModel(
                podsPerNode: node.pods, identitiesPerNode: tenants, objectsPerPod: node.secrets,
                refreshInterval: context.features.takesRefreshInterval
                    ? SimulatedNode.refreshInterval.inSeconds : 0,
                republishInterval: (interval.lowerBound + interval.upperBound) / 2)
            let predicted = model.vaultRequestsPerSecond
            var result = Measurement(
                name, "\(tenants) identit\(tenants == 1 ? "y" : "ies") × \(pods) pod\(pods == 1 ? "" : "s")",
                rates.durations)
            result.add(rates.usage)
            result.figures = [
                .init("counted at Key Vault", rates.vaultRequestsPerSecond, "1/s"),
                .init("by the model", predicted, "1/s"),
                .init("counted / model", rates.vaultRequestsPerSecond / predicted, ""),
            ]
            outcome.measurements.append(result)
            // A quick run has too few fetches for a comparison.
            guard !context.size.isQuick else { continue }
            let requests = predicted * rates.seconds
            outcome.checks.append(
                Check(
                    "\(result.name): vault requests", rates.usage.calls.vault + rates.usage.calls.unauthorized,
                    is: Int(requests * (1 - Self.tolerance))...Int(requests * (1 + Self.tolerance))))
        }
        return outcome
    }
}
