/// Parses and formats durations in Go's notation, such as `5s`, `1m30s` or `250ms`.
package enum GoDuration {
    private static let units: [String: Double] = [
        "ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
    ]

    package static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        guard !text.isEmpty else { return nil }
        var nanoseconds = 0.0
        var rest = text[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let number = Double(digits), let scale = units[String(unit)] else { return nil }
            nanoseconds += number * scale
        }
        guard nanoseconds < 1e18 else { return nil }
        return .nanoseconds(Int64(nanoseconds))
    }

    /// Returns the duration in the largest unit in which it is a whole number, such as `90s` or `250ms`. The smallest
    /// unit is a nanosecond.
    package static func text(_ duration: Duration) -> String {
        let nanoseconds = Int64(clamping: duration.attoseconds / 1_000_000_000)
        for (scale, unit) in [(1_000_000_000, "s"), (1_000_000, "ms"), (1000, "µs")] as [(Int64, String)]
        where nanoseconds % scale == 0 {
            return "\(nanoseconds / scale)\(unit)"
        }
        return "\(nanoseconds)ns"
    }
}
