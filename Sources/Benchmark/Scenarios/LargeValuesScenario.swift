internal import AsyncSupport

/// Large responses: 50 objects of 64 KiB are 3.2 MB, close to the driver's limit of 4 MiB.
struct LargeValuesScenario: Scenario {
    let name = "large"
    let summary = "50 small objects and 50 objects of 64 KiB, 1 and 32 mounts at a time"

    private static let objects = 50
    private static let bytes = 65_536

    func run(in context: ScenarioContext) async throws -> ScenarioResult {
        let large = (0..<Self.objects).map { "large-\($0)" }
        let value = [UInt8](repeating: UInt8(ascii: "x"), count: Self.bytes)
        for name in large { try await context.azureWithoutLatency.set(name, in: context.tenant.vault, to: value) }
        var outcome = ScenarioResult(measurements: [])
        for isLarge in [false, true] {
            for width in context.size.isQuick ? [4] : [1, 32] {
                let mounts = context.size.samples(width == 1 ? 200 : 320, quick: 8)
                let tokens = try await context.tokens(mounts, for: context.tenant, in: context.azureWithoutLatency)
                let volumes = try tokens.enumerated().map { index, token in
                    isLarge
                        ? try Volume(
                            pod: index, of: context.tenant, token: token, secrets: large, valueOf: { _ in value })
                        : try Volume(
                            pod: index, of: context.tenant, token: token, secrets: context.secrets(Self.objects))
                }
                let variant = "\(isLarge ? "64 KiB" : "small"), \(width) at a time, 0 ms"
                try await context.withProvider(in: context.azureWithoutLatency) { provider in
                    let start = ContinuousClock.now
                    let (durations, usage) = try await provider.measuringUsage {
                        try await provider.mount(volumes, width: width)
                    }
                    let seconds = (ContinuousClock.now - start).inSeconds
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
