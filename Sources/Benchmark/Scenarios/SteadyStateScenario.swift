/// A node of 30 pods at rest: six tenants with five pods each, five secrets a pod.
struct SteadyStateScenario: Scenario {
    let name = "steady"
    let summary = "six tenants × 5 pods × 5 secrets at rest: requests per second at Key Vault"

    func run(in bench: Bench) async throws -> Outcome {
        let node = PacedNode(
            tenants: bench.seed.tenants, podsPerTenant: bench.extent.isQuick ? 1 : 5,
            secrets: BenchSeed.secretsOfOthers)
        let rates = try await bench.withProvider(in: bench.near, flags: PacedNode.flags(for: bench.features)) {
            try await node.run(through: $0, for: .seconds(bench.extent.samples(60, quick: 3)), seed: 1)
        }
        var result = Measurement(
            name, "\(node.pods) pods, \(node.tenants.count) identities, \(node.secrets) secrets", rates.durations)
        result.add(rates.usage)
        result.figures = [
            .init("requests at Key Vault", rates.vaultRequestsPerSecond, "1/s", isCost: true),
            .init("token requests", Double(rates.usage.calls.tokens) / rates.seconds, "1/s", isCost: true),
            .init(
                "upstream's at Key Vault",
                ClusterModel.upstreamVaultRequestsPerSecond(
                    pods: node.pods, objects: node.secrets), "1/s"),
        ]
        return Outcome(
            measurements: [result],
            checks: [
                Check(
                    "steady: vault requests at most one a mount and secret", rates.usage.calls.vault,
                    is: 0...(rates.mounts + node.pods) * node.secrets)
            ])
    }
}
