/// A family of metrics with its values at the time of a scrape.
package struct MetricFamily: Sendable {
    typealias Labels = [(name: String, value: String)]

    /// The values of the family with their labels.
    enum Series: Sendable {
        case counter([(labels: Labels, value: UInt64)])
        /// A counter of seconds.
        case seconds([(labels: Labels, value: Double)])
        case gauge([(labels: Labels, value: Int)])
        case histogram([(labels: Labels, value: Distribution)])
    }

    /// The counts of a histogram for one set of labels.
    struct Distribution: Sendable {
        /// The cumulative count for each bound, which includes the counts of smaller bounds.
        var buckets: [(bound: Double, count: UInt64)]
        var sum = 0.0
        var count: UInt64 = 0
    }

    var name: String
    var help: String
    var series: Series

    /// Creates a counter without labels.
    static func counter(_ name: String, _ help: String, _ value: Int) -> MetricFamily {
        MetricFamily(name: name, help: help, series: .counter([([], UInt64(max(0, value)))]))
    }

    /// Creates a gauge without labels.
    static func gauge(_ name: String, _ help: String, _ value: Int) -> MetricFamily {
        MetricFamily(name: name, help: help, series: .gauge([([], value)]))
    }
}

/// A type that counts, and returns its metric families when Prometheus scrapes.
package protocol MetricsCollector: Sendable {
    /// The families in the order of the page. A family without values still has its head on the page.
    var families: [MetricFamily] { get }
}
