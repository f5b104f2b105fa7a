internal import AsyncSupport

/// The clocks and the randomness of the process as values, so that tests can control them.
package struct TimeSource: Sendable {
    /// Returns the time of day in seconds since 1970, for comparison with expiry times.
    package var wallClock: @Sendable () -> Int
    /// Returns the time since an arbitrary moment, on a monotonic clock.
    package var elapsed: @Sendable () -> Duration
    package var sleep: @Sendable (Duration) async throws(CancellationError) -> Void
    /// Returns a random number from 0 up to, but not including, 1, for jitter.
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
            random: {
                var numbers = PseudoRandom()
                return Double.random(in: 0..<1, using: &numbers)
            })
    }()

    /// Returns the deadline `duration` from now.
    package func deadline(after duration: Duration) -> Deadline {
        let instant = elapsed() + duration
        return Deadline(time: self) { instant }
    }
}

/// A time after which the caller does not wait any more.
package struct Deadline: Sendable {
    private let time: TimeSource
    private let instant: @Sendable () -> Duration

    fileprivate init(time: TimeSource, instant: @escaping @Sendable () -> Duration) {
        self.time = time
        self.instant = instant
    }

    package var remaining: Duration { instant() - time.elapsed() }

    /// Returns a deadline that calls `current` each time it is read.
    func moving(_ current: @escaping @Sendable () -> Deadline) -> Deadline {
        Deadline(time: time) { current().instant() }
    }
}

extension Deadline: Comparable {
    package static func < (a: Deadline, b: Deadline) -> Bool { a.instant() < b.instant() }
    package static func == (a: Deadline, b: Deadline) -> Bool { a.instant() == b.instant() }
}

extension Duration {
    /// The duration as a short text for messages, such as `15.0 s`.
    var rounded: String {
        let tenths = wholeMicroseconds / 100_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
