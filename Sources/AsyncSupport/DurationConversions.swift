extension Duration {
    /// The duration in seconds.
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }

    /// The duration in milliseconds.
    package var inMilliseconds: Double { Double(components.seconds) * 1e3 + Double(components.attoseconds) / 1e15 }

    /// The duration in whole nanoseconds, rounded towards zero and clamped to what `Int64` can hold, 292 years.
    package var wholeNanoseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000) }

    /// The duration in whole microseconds, rounded towards zero and clamped to what `Int64` can hold.
    package var wholeMicroseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000_000) }

    /// A duration of `seconds`, which may be infinite or not a number: clamped to a century in both directions, zero for
    /// NaN.
    package static func clamped(seconds: Double) -> Duration {
        let century = 3_155_760_000.0
        return seconds.isNaN ? .zero : .seconds(min(max(seconds, -century), century))
    }
}
