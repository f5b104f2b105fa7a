/// The metrics collectors of a process, in the order of their families on the page.
package struct MetricsRegistry: Sendable {
    private let collectors: [any MetricsCollector]

    package init(_ collectors: [any MetricsCollector]) {
        self.collectors = collectors
    }

    /// All families in Prometheus' text format, see
    /// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format.
    package var page: String {
        collectors.flatMap(\.families).map(MetricText.family).joined()
    }
}

extension MetricsCollector {
    /// The collector's own part of the page.
    package var exposition: String { MetricsRegistry([self]).page }
}
