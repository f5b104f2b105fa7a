internal import AsyncSupport

/// The median and 99th percentile of durations.
package struct Statistics: Sendable {
    /// In milliseconds, ascending.
    private let sorted: [Double]

    /// The smallest number of samples with a 99th percentile. With fewer, it is one of the two slowest samples.
    package static let samplesForPercentile = 200

    package init(_ durations: [Duration]) {
        sorted = durations.map(\.inMilliseconds).sorted()
    }

    package var count: Int { sorted.count }

    /// The middle sample, or the mean of the two middle samples.
    package var median: Double? {
        guard !sorted.isEmpty else { return nil }
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    /// The smallest sample that at least 99 % of all samples do not exceed (nearest rank).
    package var percentile99: Double? {
        guard sorted.count >= Self.samplesForPercentile else { return nil }
        let rank = (sorted.count * 99 + 99) / 100
        return sorted[rank - 1]
    }
}
