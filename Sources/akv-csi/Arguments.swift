internal import ArgumentParser
internal import Documents

/// A duration in Go's notation, as the value of a command's option.
struct DurationArgument: ExpressibleByArgument, CustomStringConvertible {
    var value: Duration
    var description: String

    init(seconds: Int) {
        value = .seconds(seconds)
        description = "\(seconds)s"
    }

    init?(argument: String) {
        guard let value = GoDuration.parse(argument) else { return nil }
        self.value = value
        description = argument
    }
}
