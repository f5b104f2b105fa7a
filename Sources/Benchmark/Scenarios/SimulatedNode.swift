internal import ProviderTransport

/// A node at rest: its pods' volumes are republished for ever, each about every 75 seconds. Time runs
/// faster here, and the refresh interval with it, so that the rates can be counted in seconds.
struct PacedNode: Sendable {
    /// How much faster than on a real node.
    static let speed = 60.0
    static let refreshInterval = Duration.seconds(120)
    /// Between two calls for one pod, as seen on kubelets.
    static let republishInterval = 61.0...86.0

    var tenants: [BenchSeed.Tenant]
    var podsPerTenant: Int
    var secrets: Int

    var pods: Int { tenants.count * podsPerTenant }

    /// What the provider did in the counted time.
    struct Rates: Sendable {
        var usage: Usage
        var mounts: Int
        var durations: [Duration]
        /// Counted time as it would have passed on a real node.
        var seconds: Double

        /// Requests that reached a vault, in a real second.
        var vaultRequestsPerSecond: Double { Double(usage.calls.vault + usage.calls.unauthorized) / seconds }
    }

    /// The provider's flags, if it has such an interval.
    static func flags(for features: ProviderFeatures) -> [String] {
        guard features.takesRefreshInterval else { return [] }
        return ["--refresh-interval=\(Int(refreshInterval.milliseconds / speed))ms"]
    }

    /// Mounts every volume once, lets the republishing settle, and counts for `duration` of the faster time.
    func run(through provider: Provider, for duration: Duration, seed: UInt64) async throws -> Rates {
        var generator = SeededGenerator(state: seed)
        var volumes: [(volume: Volume, seed: UInt64)] = []
        for tenant in tenants {
            for index in 0..<podsPerTenant {
                let volume = try Volume(
                    pod: tenant.index * podsPerTenant + index, of: tenant,
                    token: try await provider.azure.token(for: tenant),
                    secrets: (0..<secrets).map(BenchSeed.name))
                volumes.append((volume, generator.next()))
            }
        }
        let start = ContinuousClock.now
        let settled = start + .seconds(2.5 * Self.refreshInterval.seconds / Self.speed)
        let end = settled + duration
        return try await withThrowingTaskGroup(of: [Duration].self, returning: Rates.self) { group in
            for (volume, seed) in volumes {
                group.addTask {
                    try await Self.republish(
                        volume, through: provider.client, seed, from: start, counted: settled..<end)
                }
            }
            try await Task.sleep(until: settled)
            let (_, usage) = try await provider.measuring { try await Task.sleep(until: end) }
            var durations: [Duration] = []
            for try await some in group { durations += some }
            return Rates(
                usage: usage, mounts: durations.count, durations: durations,
                seconds: duration.seconds * Self.speed)
        }
    }

    /// Calls for one pod until the end; the durations of those in the counted time.
    private static func republish(
        _ volume: Volume, through client: RPCClient, _ seed: UInt64, from start: ContinuousClock.Instant,
        counted: Range<ContinuousClock.Instant>
    ) async throws -> [Duration] {
        var generator = SeededGenerator(state: seed)
        var durations: [Duration] = []
        // Pods came at different times.
        var next = start + .seconds(Double.random(in: 0...republishInterval.upperBound, using: &generator) / speed)
        while next < counted.upperBound {
            try await Task.sleep(until: next)
            let duration = try await volume.mount(through: client)
            if counted.contains(next) { durations.append(duration) }
            next += .seconds(Double.random(in: republishInterval, using: &generator) / speed)
        }
        return durations
    }
}
