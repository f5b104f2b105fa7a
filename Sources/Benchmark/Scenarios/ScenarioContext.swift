/// The environment in which scenarios run: two emulated Azures, the programs to start, and the number of samples.
struct ScenarioContext: Sendable {
    let programs: Programs
    let watchdog: Watchdog
    let features: ProviderFeatures
    let size: BenchmarkSize
    let seed: EmulatorSeed
    let azureWithoutLatency: EmulatedAzure
    let azureWithLatency: EmulatedAzure

    /// Milliseconds that `azureWithLatency` waits before each response.
    static let latencyMilliseconds = 20

    init(programs: Programs, size: BenchmarkSize, watchdog: Watchdog) async throws {
        self.programs = programs
        self.watchdog = watchdog
        self.size = size
        features = try await ProviderFeatures(of: programs, watchdog: watchdog)
        seed = EmulatorSeed(secrets: size.isQuick ? 200 : 6000)
        azureWithoutLatency = try await EmulatedAzure(latency: 0, seed: seed, programs: programs, watchdog: watchdog)
        azureWithLatency = try await EmulatedAzure(
            latency: Self.latencyMilliseconds, seed: seed, programs: programs, watchdog: watchdog)
    }

    func stop() async throws {
        try await azureWithoutLatency.process.stop()
        try await azureWithLatency.process.stop()
    }

    var tenant: EmulatorSeed.Tenant { seed.tenants[0] }

    /// The names of `count` secrets of the first tenant, starting with number `start` and continuing with number 0 after
    /// the last one.
    func secrets(_ count: Int, from start: Int = 0) -> [String] {
        (start..<(start + count)).map { EmulatorSeed.name($0 % seed.secrets) }
    }

    /// Starts a provider, runs `body` with it, and stops the provider, also if `body` throws.
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
            // The error of `body` matters more than an error while stopping.
            try? await provider.stop()
            throw error
        }
    }

    /// Creates tokens for `count` pods of `tenant`, so that a measurement does not include this.
    func tokens(_ count: Int, for tenant: EmulatorSeed.Tenant, in azure: EmulatedAzure) async throws -> [PodToken] {
        try await concurrently(Array(0..<count), width: 16) { _ in try await azure.token(for: tenant) }
    }
}
