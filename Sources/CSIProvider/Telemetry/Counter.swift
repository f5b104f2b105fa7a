/// A Prometheus counter family with one label. The number of its series is limited.
struct Counter: Sendable {
    private static let maximumSeries = 200

    let name: String
    let help: String
    let labelName: String
    private var values: [String: UInt64] = [:]

    init(name: String, help: String, labelName: String) {
        self.name = name
        self.help = help
        self.labelName = labelName
    }

    /// Adds `number`. When the limit is reached, all new labels share one series.
    mutating func count(_ label: String, _ number: UInt64 = 1) {
        values[values[label] == nil && values.count >= Self.maximumSeries ? "other" : label, default: 0] += number
    }

    /// The family, or none before the first count.
    var families: [MetricFamily] {
        if values.isEmpty { return [] }
        let series = values.map { (labels: [(name: labelName, value: $0.key)], value: $0.value) }
        return [MetricFamily(name: name, help: help, series: .counter(series))]
    }
}
