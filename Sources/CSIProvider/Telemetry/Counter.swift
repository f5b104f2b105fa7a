/// A Prometheus counter family with one label, bounded in its number of series.
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

    /// Counts one more, or `number` more. Past the bound, labels that are new are counted together.
    mutating func count(_ label: String, _ number: UInt64 = 1) {
        values[values[label] == nil && values.count >= Self.maximumSeries ? "other" : label, default: 0] += number
    }

    /// The family; none while nothing was counted.
    var families: [MetricFamily] {
        if values.isEmpty { return [] }
        let series = values.map { (labels: [(name: labelName, value: $0.key)], value: $0.value) }
        return [MetricFamily(name: name, help: help, series: .counter(series))]
    }
}
