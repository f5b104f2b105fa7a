internal import ProviderTransport

/// Many mounts, each of a new pod, and then as many failing mounts, each with another error. Memory must not grow.
struct SoakScenario: Scenario {
    let name = "soak"
    let summary = "many mounts, then as many failing mounts: memory at start, end and peak"

    private static let secrets = 5
    private static let width = 8

    func run(in context: ScenarioContext) async throws -> ScenarioResult {
        let total = context.size.soak
        return try await context.withProvider(in: context.azureWithoutLatency) { provider in
            var outcome = ScenarioResult(measurements: [])
            for isFailing in [false, true] {
                let before = try provider.meter.residentBytes()
                provider.meter.resetPeak()
                var durations: [Duration] = []
                var used = Usage.zero
                var halfway = before
                // In batches, so that not all tokens exist at the same time.
                var next = 0
                while next < total {
                    let numbers = Array(next..<min(next + 500, total))
                    next += numbers.count
                    let tokens = try await context.tokens(
                        numbers.count, for: context.tenant, in: context.azureWithoutLatency)
                    let volumes = try zip(numbers, tokens).map { number, token in
                        try Volume(
                            pod: number, of: context.tenant, token: token,
                            // A new name for each mount, so that all error messages differ.
                            secrets: isFailing ? ["absent-\(number)"] : context.secrets(Self.secrets, from: number))
                    }
                    let (done, usage) = try await provider.measuringUsage {
                        try await concurrently(volumes, width: Self.width) { volume in
                            isFailing
                                ? try await volume.mountExpectingFailure(through: provider.client, with: .notFound)
                                : try await volume.mount(through: provider.client)
                        }
                    }
                    durations += done
                    used = used + usage
                    if next <= total / 2 { halfway = used.residentBytes }
                }
                var result = Measurement(
                    name, "\(total) \(isFailing ? "failing mounts" : "mounts"), \(Self.width) at a time", durations)
                result.add(used)
                result.figures = [
                    .init("memory at start", Double(before) / 1e6, "MB"),
                    .init("halfway", Double(halfway) / 1e6, "MB"),
                    .init("at the end", Double(used.residentBytes) / 1e6, "MB", isCost: true),
                    .init("peak", Double(try provider.meter.peakBytes()) / 1e6, "MB", isCost: true),
                ]
                outcome.measurements.append(result)
                outcome.checks.append(
                    Check("soak, \(isFailing ? "failing" : "good"): token requests", used.calls.tokens, is: total))
            }
            return outcome
        }
    }
}
