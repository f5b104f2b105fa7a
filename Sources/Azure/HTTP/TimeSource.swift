/// The clocks, as values, so that tests can own time.
package struct TimeSource: Sendable {
    /// Seconds since 1970, for comparison with expiry times.
    package var wallClock: @Sendable () -> Int
    /// Since an arbitrary moment; never goes back.
    package var elapsed: @Sendable () -> Duration
    package var sleep: @Sendable (Duration) async throws(CancellationError) -> Void
    /// From 0 up to 1, for jitter.
    package var random: @Sendable () -> Double

    package init(
        wallClock: @escaping @Sendable () -> Int,
        elapsed: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws(CancellationError) -> Void,
        random: @escaping @Sendable () -> Double
    ) {
        self.wallClock = wallClock
        self.elapsed = elapsed
        self.sleep = sleep
        self.random = random
    }

    package static let system: TimeSource = {
        let start = ContinuousClock.now
        return TimeSource(
            wallClock: { Int(WallClock.seconds) },
            elapsed: { ContinuousClock.now - start },
            sleep: { duration throws(CancellationError) in
                do { try await Task.sleep(for: duration) } catch { throw CancellationError() }
            },
            random: { Double.random(in: 0..<1) })
    }()

    /// The end of a stretch of `duration` that begins now.
    package func deadline(after duration: Duration) -> Deadline {
        Deadline(time: self, instant: elapsed() + duration)
    }
}

/// A moment after which nobody waits any more.
package struct Deadline: Sendable {
    fileprivate let time: TimeSource
    fileprivate let instant: Duration

    package var remaining: Duration { instant - time.elapsed() }
}
