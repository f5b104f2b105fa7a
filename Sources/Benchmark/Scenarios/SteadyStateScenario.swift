/// A node with 30 running pods: six tenants with five pods each, and five secrets per pod.
struct SteadyStateScenario: Scenario {
    let name = "steady"
    let summary = "six tenants × 5 pods × 5 secrets in steady state: requests per second at Key Vault"

    func run(in context: ScenarioContext) async throws -> ScenarioResult {
        let node = SimulatedNode(
            tenants: context.seed.tenants, podsPerTenant: context.size.isQuick ? 1 : 5,
            secrets: EmulatorSeed.secretsPerOtherTenant)
        let rates = try await context.withProvider(
            in: context.azureWithoutLatency, flags: SimulatedNode.flags(for: context.features)
        ) {
            try await node.run(through: $0, for: .seconds(context.size.samples(60, quick: 3)), seed: 1)
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
        return ScenarioResult(
            measurements: [result],
            checks: [
                Check(
                    "steady: at most one vault request per mount and secret", rates.usage.calls.vault,
                    is: 0...(rates.mounts + node.pods) * node.secrets)
            ])
    }
}
