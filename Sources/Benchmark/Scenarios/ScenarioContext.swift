/// What scenarios run in: emulated Azures, programs to start, and how much to measure.
struct Bench: Sendable {
    let programs: Programs
    let watchdog: Watchdog
    let features: ProviderFeatures
    let extent: Extent
    let seed: BenchSeed
    /// Without latency, and with.
    let near: EmulatedAzure
    let far: EmulatedAzure

    static let latency = 20

    init(programs: Programs, extent: Extent, watchdog: Watchdog) async throws {
        self.programs = programs
        self.watchdog = watchdog
        self.extent = extent
        features = try await ProviderFeatures(of: programs, watchdog: watchdog)
        seed = BenchSeed(secrets: extent.isQuick ? 200 : 6000)
        near = try await EmulatedAzure(latency: 0, seed: seed, programs: programs, watchdog: watchdog)
        far = try await EmulatedAzure(latency: Self.latency, seed: seed, programs: programs, watchdog: watchdog)
    }

    func stop() async throws {
        try await near.process.stop()
        try await far.process.stop()
    }

    var tenant: BenchSeed.Tenant { seed.tenants[0] }

    /// Names of `count` secrets of the first tenant, from the `start`th on and around.
    func secrets(_ count: Int, from start: Int = 0) -> [String] {
        (start..<(start + count)).map { BenchSeed.name($0 % seed.secrets) }
    }

    /// Runs `body` with a provider of its own and ends it whatever happens.
    func withProvider<Value>(
        in azure: EmulatedAzure, flags: [String] = [], environment: [String: String] = [:],
        _ body: (Provider) async throws -> Value
    ) async throws -> Value {
        let provider = try await Provider(
            azure: azure, flags: flags, environment: environment, programs: programs, watchdog: watchdog)
        do {
            let value = try await body(provider)
            try await provider.stop()
            return value
        } catch {
            // The failure above is the one to tell.
            try? await provider.stop()
            throw error
        }
    }

    /// Tokens for `count` pods of `tenant`, so that making them takes no part in what is measured.
    func tokens(_ count: Int, for tenant: BenchSeed.Tenant, in azure: EmulatedAzure) async throws -> [PodToken] {
        try await concurrently(Array(0..<count), width: 16) { _ in try await azure.token(for: tenant) }
    }
}
