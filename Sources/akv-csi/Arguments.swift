internal import ArgumentParser

/// A switch as Go's flag package reads it.
struct GoBool: ExpressibleByArgument, CustomStringConvertible {
    var value: Bool

    init(_ value: Bool) {
        self.value = value
    }

    init?(argument: String) {
        switch argument {
        case "1", "t", "T", "true", "TRUE", "True": value = true
        case "0", "f", "F", "false", "FALSE", "False": value = false
        default: return nil
        }
    }

    var description: String { value ? "true" : "false" }
}

/// A duration in Go's notation, such as `5s`, `1m30s` or `250ms`.
struct GoDuration: ExpressibleByArgument, CustomStringConvertible {
    var value: Duration
    var description: String

    init(seconds: Int) {
        value = .seconds(seconds)
        description = "\(seconds)s"
    }

    init?(argument: String) {
        description = argument
        guard !argument.isEmpty else { return nil }
        if argument == "0" {
            value = .zero
            return
        }
        value = .zero
        var rest = argument[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let number = Double(digits), let scale = Self.units[String(unit)] else { return nil }
            value += .nanoseconds(Int64(number * scale))
        }
    }

    private static let units: [String: Double] = [
        "ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
    ]
}
