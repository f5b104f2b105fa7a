/// Holds the model of a cluster to what small ones do.
struct ModelScenario: Scenario {
    let name = "model"
    let summary = "the model of a large cluster against counted requests"

    /// The counted time begins and ends anywhere between two fetches, of which there are about 18.
    private static let tolerance = 0.2

    func run(in bench: Bench) async throws -> Outcome {
        var outcome = Outcome(measurements: [])
        // Nodes share nothing, so one stands for all; what varies is how many pods share an identity.
        for (tenants, pods) in bench.extent.isQuick ? [(2, 2)] : [(6, 1), (3, 2), (2, 5), (1, 15)] {
            let node = PacedNode(
                tenants: Array(bench.seed.tenants.prefix(tenants)), podsPerTenant: pods,
                secrets: BenchSeed.secretsOfOthers)
            let rates = try await bench.withProvider(in: bench.near, flags: PacedNode.flags(for: bench.features)) {
                try await node.run(through: $0, for: .seconds(bench.extent.samples(40, quick: 3)), seed: UInt64(pods))
            }
            let interval = PacedNode.republishInterval
            let model = ClusterModel(
                podsPerNode: node.pods, identitiesPerNode: tenants, objectsPerPod: node.secrets,
                refreshInterval: bench.features.takesRefreshInterval
                    ? PacedNode.refreshInterval.seconds : 0,
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
            // A quick run has too few fetches to compare.
            guard !bench.extent.isQuick else { continue }
            let requests = predicted * rates.seconds
            outcome.checks.append(
                Check(
                    "\(result.name): vault requests", rates.usage.calls.vault + rates.usage.calls.unauthorized,
                    is: Int(requests * (1 - Self.tolerance))...Int(requests * (1 + Self.tolerance))))
        }
        return outcome
    }
}
