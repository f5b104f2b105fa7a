internal import AsyncSupport
internal import ProviderTransport

/// A node in steady state: all pods are running, and the driver republishes each volume about every 75 seconds.
///
/// All intervals, also the refresh interval, are shorter by the factor `speed`, so that a measurement takes seconds.
struct SimulatedNode: Sendable {
    /// The factor by which intervals are shorter than on a real node.
    static let speed = 60.0
    static let refreshInterval = Duration.seconds(120)
    /// Seconds between two calls for the same pod, as observed with kubelets.
    static let republishInterval = 61.0...86.0

    var tenants: [EmulatorSeed.Tenant]
    var podsPerTenant: Int
    var secrets: Int

    var pods: Int { tenants.count * podsPerTenant }

    /// The mounts and requests of the provider during the measurement.
    struct Rates: Sendable {
        var usage: Usage
        var mounts: Int
        var durations: [Duration]
        /// The duration of the measurement on a real node: the actual one times `speed`.
        var seconds: Double

        /// Requests at Key Vault per second on a real node.
        var vaultRequestsPerSecond: Double { Double(usage.calls.vault + usage.calls.unauthorized) / seconds }
    }

    /// The flag for the shortened refresh interval, if scenarios may set it.
    static func flags(for features: ProviderFeatures) -> [String] {
        guard features.takesRefreshInterval else { return [] }
        return ["--refresh-interval=\(Int(refreshInterval.inMilliseconds / speed))ms"]
    }

    /// Mounts and republishes all volumes for 2.5 refresh intervals, and then measures for `duration` of actual time.
    func run(through provider: Provider, for duration: Duration, seed: UInt64) async throws -> Rates {
        var generator = SeededGenerator(state: seed)
        var volumes: [(volume: Volume, seed: UInt64)] = []
        for tenant in tenants {
            for index in 0..<podsPerTenant {
                let volume = try Volume(
                    pod: tenant.index * podsPerTenant + index, of: tenant,
                    token: try await provider.azure.token(for: tenant),
                    secrets: (0..<secrets).map(EmulatorSeed.name))
                volumes.append((volume, generator.next()))
            }
        }
        let start = ContinuousClock.now
        let measurementStart = start + .seconds(2.5 * Self.refreshInterval.inSeconds / Self.speed)
        let end = measurementStart + duration
        return try await withThrowingTaskGroup(of: [Duration].self, returning: Rates.self) { group in
            for (volume, seed) in volumes {
                group.addTask {
                    try await Self.republish(
                        volume, through: provider.client, seed, from: start, measuring: measurementStart..<end)
                }
            }
            try await Task.sleep(until: measurementStart)
            let (_, usage) = try await provider.measuringUsage { try await Task.sleep(until: end) }
            var durations: [Duration] = []
            for try await some in group { durations += some }
            return Rates(
                usage: usage, mounts: durations.count, durations: durations,
                seconds: duration.inSeconds * Self.speed)
        }
    }

    /// Republishes the volume of one pod until the end of `measurement`, and returns the durations of the calls in it.
    private static func republish(
        _ volume: Volume, through client: RPCClient, _ seed: UInt64, from start: ContinuousClock.Instant,
        measuring measurement: Range<ContinuousClock.Instant>
    ) async throws -> [Duration] {
        var generator = SeededGenerator(state: seed)
        var durations: [Duration] = []
        // The pods started at different times.
        var next = start + .seconds(Double.random(in: 0...republishInterval.upperBound, using: &generator) / speed)
        while next < measurement.upperBound {
            try await Task.sleep(until: next)
            let duration = try await volume.mount(through: client)
            if measurement.contains(next) { durations.append(duration) }
            next += .seconds(Double.random(in: republishInterval, using: &generator) / speed)
        }
        return durations
    }
}
