/// Large answers: 50 objects of 64 KiB are 3.2 MB, near the driver's limit of 4 MiB.
struct LargeValuesScenario: Scenario {
    let name = "large"
    let summary = "50 objects, small and of 64 KiB, 1 and 32 at a time"

    private static let objects = 50
    private static let bytes = 65_536

    func run(in bench: Bench) async throws -> Outcome {
        let large = (0..<Self.objects).map { "large-\($0)" }
        let value = [UInt8](repeating: UInt8(ascii: "x"), count: Self.bytes)
        for name in large { try await bench.near.set(name, in: bench.tenant.vault, to: value) }
        var outcome = Outcome(measurements: [])
        for isLarge in [false, true] {
            for width in bench.extent.isQuick ? [4] : [1, 32] {
                let mounts = bench.extent.samples(width == 1 ? 200 : 320, quick: 8)
                let tokens = try await bench.tokens(mounts, for: bench.tenant, in: bench.near)
                let volumes = try tokens.enumerated().map { index, token in
                    isLarge
                        ? try Volume(
                            pod: index, of: bench.tenant, token: token, secrets: large, valueOf: { _ in value })
                        : try Volume(
                            pod: index, of: bench.tenant, token: token, secrets: bench.secrets(Self.objects))
                }
                let variant = "\(isLarge ? "64 KiB" : "small"), \(width) at a time, 0 ms"
                try await bench.withProvider(in: bench.near) { provider in
                    let start = ContinuousClock.now
                    let (durations, usage) = try await provider.measuring {
                        try await provider.mount(volumes, width: width)
                    }
                    let seconds = (ContinuousClock.now - start).seconds
                    var result = Measurement(name, variant, durations)
                    result.add(usage)
                    result.figures = [
                        .init("mounts", Double(mounts) / seconds, "1/s"),
                        .init("peak memory", Double(try provider.meter.peakBytes()) / 1e6, "MB", isCost: true),
                    ]
                    outcome.measurements.append(result)
                    outcome.checks.append(
                        Check("large, \(variant): token requests", usage.calls.tokens, is: mounts))
                }
            }
        }
        return outcome
    }
}
