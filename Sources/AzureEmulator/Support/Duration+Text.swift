/// Durations as users of the emulator write them: `250ms`, `2s`, `1.5s`, `10m`, `-1h`.
extension Duration {
    /// Reads a number with one of the units `ms`, `s`, `m` and `h`; nil for any other text.
    init?(text: String) {
        let units: [(suffix: String, seconds: Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)]
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }),
            let number = Double(text.dropLast(unit.suffix.count)), number.isFinite, abs(number) < 1e9
        else { return nil }
        self = .seconds(number * unit.seconds)
    }

    /// The shortest text that `init(text:)` reads as the same duration, in whole milliseconds.
    var text: String {
        let milliseconds = Int((inSeconds * 1000).rounded())
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }

    /// The duration in seconds as a floating-point number.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
