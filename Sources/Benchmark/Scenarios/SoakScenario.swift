internal import ProviderTransport

/// Many mounts of ever new pods, and as many that fail, each in another way: memory must stay flat.
struct SoakScenario: Scenario {
    let name = "soak"
    let summary = "many mounts, then as many failing ones: memory at start, end and peak"

    private static let secrets = 5
    private static let width = 8

    func run(in bench: Bench) async throws -> Outcome {
        let total = bench.extent.soak
        return try await bench.withProvider(in: bench.near) { provider in
            var outcome = Outcome(measurements: [])
            for isFailing in [false, true] {
                let before = try provider.meter.residentBytes()
                provider.meter.resetPeak()
                var durations: [Duration] = []
                var used = Usage.zero
                var halfway = before
                // In portions, so that tokens need not all be there at once.
                var portion = 0
                while portion < total {
                    let numbers = Array(portion..<min(portion + 500, total))
                    portion += numbers.count
                    let tokens = try await bench.tokens(numbers.count, for: bench.tenant, in: bench.near)
                    let volumes = try zip(numbers, tokens).map { number, token in
                        try Volume(
                            pod: number, of: bench.tenant, token: token,
                            // A name that nobody has used, so that no error text is as another.
                            secrets: isFailing ? ["absent-\(number)"] : bench.secrets(Self.secrets, from: number))
                    }
                    let (done, usage) = try await provider.measuring {
                        try await concurrently(volumes, width: Self.width) { volume in
                            isFailing
                                ? try await volume.fail(through: provider.client, with: .notFound)
                                : try await volume.mount(through: provider.client)
                        }
                    }
                    durations += done
                    used = used + usage
                    if portion <= total / 2 { halfway = used.residentBytes }
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
