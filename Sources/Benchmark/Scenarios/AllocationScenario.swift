internal import Foundation

/// Counts the memory allocations of a mount. The count does not depend on other work of the machine, so it shows small
/// increases of the cost that times do not show.
struct AllocationScenario: Scenario {
    let name = "allocations"
    let summary = "memory allocations of a mount, counted by a preloaded library"

    func run(in context: ScenarioContext) async throws -> ScenarioResult {
        guard let counter = AllocationCounter(in: context) else {
            var skipped = Measurement(name, "")
            skipped.note = "not counted: \(AllocationCounter.library) is not in the directory of this program"
            return ScenarioResult(measurements: [skipped])
        }
        var measurements: [Measurement] = []
        let samples = context.size.samples(200, quick: 5)
        for objects in context.size.objectCounts {
            try await context.withProvider(in: context.azureWithoutLatency, environment: counter.environment) {
                provider in
                let token = try await context.azureWithoutLatency.token(for: context.tenant)
                let volume = try Volume(pod: 0, of: context.tenant, token: token, secrets: context.secrets(objects))
                for _ in 0..<context.size.samples(20, quick: 2) { _ = try await volume.mount(through: provider.client) }
                let volumes = Array(repeating: volume, count: samples)
                measurements.append(
                    try await measure("republish, \(objects) objects", volumes, through: provider, counter))
            }
        }
        let objects = 10
        try await context.withProvider(
            in: context.azureWithoutLatency,
            flags: context.features.takesRefreshInterval ? ["--refresh-interval=10m"] : [],
            environment: counter.environment
        ) { provider in
            let tokens = try await context.tokens(samples + 1, for: context.tenant, in: context.azureWithoutLatency)
            let volumes = try tokens.enumerated().map { index, token in
                try Volume(pod: index, of: context.tenant, token: token, secrets: context.secrets(objects))
            }
            _ = try await volumes[samples].mount(through: provider.client)
            measurements.append(
                try await measure("new pod, \(objects) objects", Array(volumes[..<samples]), through: provider, counter)
            )
        }
        return ScenarioResult(measurements: measurements)
    }

    private func measure(
        _ variant: String, _ volumes: [Volume], through provider: Provider, _ counter: AllocationCounter
    ) async throws -> Measurement {
        let before = try counter.count()
        _ = try await provider.mount(volumes, width: 1)
        let count = try counter.count() - before
        var result = Measurement(name, variant, mounts: 0)
        result.samples = volumes.count
        result.figures = [.init("per mount", Double(count) / Double(volumes.count), "allocations", isCost: true)]
        return result
    }
}

/// Counts the allocations of the programs that are started with `environment`.
private struct AllocationCounter {
    static let library = "libAllocationCount.so"

    private let file: String
    let environment: [String: String]

    /// Returns nil if the library is not in the directory of this program.
    init?(in context: ScenarioContext) {
        let library = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent(Self.library).path
        guard FileManager.default.fileExists(atPath: library) else { return nil }
        file = "\(context.watchdog.directory)/allocations"
        environment = ["LD_PRELOAD": library, "AKV_ALLOCATION_COUNT": file]
    }

    func count() throws -> Int {
        let data = try Data(contentsOf: URL(fileURLWithPath: file))
        guard data.count == MemoryLayout<UInt64>.size else {
            throw BenchmarkError("\(Self.library) did not write its count to \(file)")
        }
        return data.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    }
}
