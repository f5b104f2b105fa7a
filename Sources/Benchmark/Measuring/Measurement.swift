internal import AsyncSupport

/// One row of the results: a scenario under one set of conditions.
package struct Measurement: Codable, Equatable, Sendable {
    /// A value that only some scenarios measure.
    package struct Figure: Codable, Equatable, Sendable {
        package var name: String
        package var value: Double
        package var unit: String
        /// Whether a lower value is better, so that `Comparison` can report a regression.
        package var isCost: Bool

        package init(_ name: String, _ value: Double, _ unit: String, isCost: Bool = false) {
            self.name = name
            self.value = value
            self.unit = unit
            self.isCost = isCost
        }
    }

    package var scenario: String
    /// The conditions, such as `50 objects, 20 ms`.
    package var variant: String
    /// The number of calls that were timed.
    package var samples: Int
    package var medianMilliseconds: Double?
    package var percentile99Milliseconds: Double?
    /// Sequential round trips to Entra and Key Vault, calculated from the latency that was added.
    package var roundTrips: Double?
    /// The number of mounts that `calls` and the CPU time cover.
    package var mounts: Int
    package var calls: CallCounts?
    package var cpuMillisecondsPerMount: Double?
    package var residentMegabytes: Double?
    package var figures: [Figure]
    package var note: String?

    package init(_ scenario: String, _ variant: String, _ durations: [Duration] = [], mounts: Int? = nil) {
        let statistics = Statistics(durations)
        self.scenario = scenario
        self.variant = variant
        samples = statistics.count
        medianMilliseconds = statistics.median
        percentile99Milliseconds = statistics.percentile99
        self.mounts = mounts ?? statistics.count
        figures = []
    }

    /// The scenario and variant, unique in a result file.
    package var name: String { variant.isEmpty ? scenario : "\(scenario): \(variant)" }

    package func figure(_ name: String) -> Double? { figures.first { $0.name == name }?.value }
}

extension Measurement {
    /// Sets the requests, CPU time and memory that the provider used.
    mutating func add(_ usage: Usage) {
        calls = usage.calls
        if mounts > 0 { cpuMillisecondsPerMount = usage.cpu.inMilliseconds / Double(mounts) }
        residentMegabytes = Double(usage.residentBytes) / 1e6
    }

    /// Calculates the number of sequential round trips from `other`, the same measurement without latency.
    package mutating func compare(toWithoutLatency other: Measurement, latency: Duration) {
        guard let slow = medianMilliseconds, let fast = other.medianMilliseconds, latency > .zero else { return }
        roundTrips = (slow - fast) / latency.inMilliseconds
    }
}
