internal import Foundation

/// How often a mount asks for memory. Unlike a time, it is the same on a busy machine, so it tells early
/// when something has become more expensive.
struct AllocationScenario: Scenario {
    let name = "allocations"
    let summary = "allocations of a mount, counted by a library that stands before malloc"

    func run(in bench: Bench) async throws -> Outcome {
        guard let counter = AllocationCounter(in: bench) else {
            var skipped = Measurement(name, "")
            skipped.note = "not counted: \(AllocationCounter.library) is not beside this program"
            return Outcome(measurements: [skipped])
        }
        var measurements: [Measurement] = []
        let samples = bench.extent.samples(200, quick: 5)
        for objects in bench.extent.objectCounts {
            try await bench.withProvider(in: bench.near, environment: counter.environment) { provider in
                let token = try await bench.near.token(for: bench.tenant)
                let volume = try Volume(pod: 0, of: bench.tenant, token: token, secrets: bench.secrets(objects))
                for _ in 0..<bench.extent.samples(20, quick: 2) { _ = try await volume.mount(through: provider.client) }
                let volumes = Array(repeating: volume, count: samples)
                measurements.append(
                    try await measure("republish, \(objects) objects", volumes, through: provider, counter))
            }
        }
        let objects = 10
        try await bench.withProvider(
            in: bench.near, flags: bench.features.takesRefreshInterval ? ["--refresh-interval=10m"] : [],
            environment: counter.environment
        ) { provider in
            let tokens = try await bench.tokens(samples + 1, for: bench.tenant, in: bench.near)
            let volumes = try tokens.enumerated().map { index, token in
                try Volume(pod: index, of: bench.tenant, token: token, secrets: bench.secrets(objects))
            }
            _ = try await volumes[samples].mount(through: provider.client)
            measurements.append(
                try await measure("new pod, \(objects) objects", Array(volumes[..<samples]), through: provider, counter)
            )
        }
        return Outcome(measurements: measurements)
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

/// Counts the allocations of the programs that are started in its environment.
private struct AllocationCounter {
    static let library = "libAllocationCount.so"

    private let file: String
    let environment: [String: String]

    /// Nil when the library is not where this program is.
    init?(in bench: Bench) {
        let library = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent(Self.library).path
        guard FileManager.default.fileExists(atPath: library) else { return nil }
        file = "\(bench.watchdog.directory)/allocations"
        environment = ["LD_PRELOAD": library, "AKV_ALLOCATION_COUNT": file]
    }

    func count() throws -> Int {
        let data = try Data(contentsOf: URL(fileURLWithPath: file))
        guard data.count == MemoryLayout<UInt64>.size else {
            throw BenchmarkFailure("\(Self.library) does not count in \(file)")
        }
        return data.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    }
}
