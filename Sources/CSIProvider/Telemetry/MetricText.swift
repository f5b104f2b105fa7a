internal import SecretMemory

/// Formats metrics in Prometheus' text format.
enum MetricText {
    /// Returns the text of a family with its head. Series are ordered by the values of their labels.
    static func family(_ family: MetricFamily) -> String {
        let name = family.name
        switch family.series {
        case .counter(let series):
            return head(family, "counter") + lines(series) { "\(name)\(braces($0)) \($1)\n" }
        case .seconds(let series):
            return head(family, "counter") + lines(series) { "\(name)\(braces($0)) \($1)\n" }
        case .gauge(let series):
            return head(family, "gauge") + lines(series) { "\(name)\(braces($0)) \($1)\n" }
        case .histogram(let series):
            return head(family, "histogram") + lines(series) { histogram(name, $0, $1) }
        }
    }

    private static func head(_ family: MetricFamily, _ type: String) -> String {
        "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(type)\n"
    }

    private static func lines<Value>(
        _ series: [(labels: MetricFamily.Labels, value: Value)], _ text: (_ labels: String, Value) -> String
    ) -> String {
        series.map { (values: $0.labels.map(\.value), element: $0) }
            .sorted { $0.values.lexicographicallyPrecedes($1.values) }
            .map { text(labels($0.element.labels), $0.element.value) }
            .joined()
    }

    private static func histogram(_ name: String, _ labels: String, _ value: MetricFamily.Distribution) -> String {
        let outer = labels.isEmpty ? "" : labels + ","
        var text = ""
        for (bound, count) in value.buckets {
            text += "\(name)_bucket{\(outer)le=\"\(number(bound))\"} \(count)\n"
        }
        text += "\(name)_bucket{\(outer)le=\"+Inf\"} \(value.count)\n"
        text += "\(name)_sum\(braces(labels)) \(value.sum)\n"
        return text + "\(name)_count\(braces(labels)) \(value.count)\n"
    }

    private static func labels(_ labels: MetricFamily.Labels) -> String {
        labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }

    private static func braces(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }

    /// Formats `1` instead of `1.0`, as Go's client formats bounds.
    private static func number(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : "\(value)"
    }

    /// The maximum length of a label's value in bytes. Names that were shortened before fit, so that two of them stay
    /// distinct.
    private static let maximumBytes = 1 << 10

    /// Returns a label's value with a limited length, in which invisible characters are escaped.
    static func escaped(_ text: String) -> String {
        var output = ""
        for scalar in text.bounded(toBytes: maximumBytes).unicodeScalars {
            switch scalar {
            case "\\": output += "\\\\"
            case "\"": output += "\\\""
            case "\n": output += "\\n"
            case _ where scalar.isInvisible: output += "\\\\u{\(String(scalar.value, radix: 16))}"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }
}
