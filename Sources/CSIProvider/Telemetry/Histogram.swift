/// A Prometheus histogram family of durations in seconds, with labels.
///
/// The number of label sets is limited, because labels come from manifests, and mistakes of users must not make the
/// metrics page grow; upstream's grew to hundreds of megabytes. One namespace can add a quarter of the label sets. Each
/// namespace can add a few even if others have added the rest.
struct Histogram: Sendable {
    private struct Series: Sendable {
        var buckets: [UInt64]
        var sum = 0.0
        var count: UInt64 = 0
    }

    /// Upstream's bounds, preceded by smaller ones that distinguish durations below upstream's first bound.
    private static let bounds = [
        0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 1, 1.5, 2, 2.5, 3, 5, 10, 15, 30,
    ]
    private static let maximumSeries = 2000
    private static let (maximumOfNamespace, minimumOfNamespace) = (maximumSeries / 4, 20)

    let name: String
    let help: String
    let labelNames: [String]
    private var series: [[String]: Series] = [:]
    /// The number of label sets that each namespace has added.
    private var added: [String: Int] = [:]

    init(name: String, help: String, labelNames: [String]) {
        self.name = name
        self.help = help
        self.labelNames = labelNames
    }

    /// Counts one observation of `namespace`. When the limit is reached, all new label sets share one series.
    mutating func observe(_ seconds: Double, _ labels: [String], of namespace: String = "") {
        var key = labels
        if series[key] == nil {
            let own = added[namespace] ?? 0
            let bound = series.count < Self.maximumSeries ? Self.maximumOfNamespace : Self.minimumOfNamespace
            if own < bound { added[namespace] = own + 1 } else { key = labels.map { _ in "other" } }
        }
        var current = series[key] ?? Series(buckets: [UInt64](repeating: 0, count: Self.bounds.count))
        for (index, bound) in Self.bounds.enumerated() where seconds <= bound { current.buckets[index] += 1 }
        current.sum += seconds
        current.count += 1
        series[key] = current
    }

    /// Returns the family, with the `common` labels first.
    func family(common: MetricFamily.Labels) -> MetricFamily {
        let series = series.map { labels, values in
            let own = zip(labelNames, labels).map { (name: $0, value: $1) }
            let buckets = zip(Self.bounds, values.buckets).map { (bound: $0, count: $1) }
            return (
                labels: common + own,
                value: MetricFamily.Distribution(buckets: buckets, sum: values.sum, count: values.count)
            )
        }
        return MetricFamily(name: name, help: help, series: .histogram(series))
    }
}
