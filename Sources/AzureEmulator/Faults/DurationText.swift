/// Durations as the emulator's users write them: `250ms`, `2s`, `1.5s`, `10m`, `-1h`.
enum DurationText {
    static func duration(_ text: String) -> Duration? {
        let units: [(suffix: String, seconds: Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)]
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }),
            let number = Double(text.dropLast(unit.suffix.count)), number.isFinite, abs(number) < 1e9
        else { return nil }
        return .seconds(number * unit.seconds)
    }
}

extension Duration {
    /// As a floating-point number of seconds.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }

    /// The shortest text that `DurationText` reads back.
    var text: String {
        let milliseconds = Int((inSeconds * 1000).rounded())
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}
