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

    /// Counts one more. Past the bound, labels that are new are counted together.
    mutating func count(_ label: String) {
        values[values[label] == nil && values.count >= Self.maximumSeries ? "other" : label, default: 0] += 1
    }

    /// The family in Prometheus' text format; empty while nothing was counted.
    var exposition: String {
        guard !values.isEmpty else { return "" }
        return "# HELP \(name) \(help)\n# TYPE \(name) counter\n"
            + values.sorted { $0.key < $1.key }
            .map { "\(name){\(labelName)=\"\(MetricText.escaped($0.key))\"} \($0.value)\n" }.joined()
    }
}

/// A Prometheus gauge without labels, at the moment of a scrape.
package struct Gauge: Sendable {
    var name: String
    var help: String
    var value: Int

    var exposition: String { "# HELP \(name) \(help)\n# TYPE \(name) gauge\n\(name) \(value)\n" }
}

/// Texts in Prometheus' text format.
enum MetricText {
    static func escaped(_ text: String) -> String {
        var output = ""
        for character in text {
            switch character {
            case "\\": output += "\\\\"
            case "\"": output += "\\\""
            case "\n": output += "\\n"
            default: output.append(character)
            }
        }
        return output
    }
}
