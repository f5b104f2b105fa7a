package import Azure
internal import Synchronization

/// A clock that moves only when a test moves it or a caller sleeps. It records how long callers slept.
package final class ManualTime: Sendable {
    private let state = Mutex((now: Duration.zero, sleeps: [Duration]()))
    /// Seconds since 1970 when the clock reads zero.
    package let start: Int
    /// The value of every random number.
    private let random: Double

    package init(start: Int = 1_800_000_000, random: Double = 1) {
        (self.start, self.random) = (start, random)
    }

    /// A clock that shows the machine's time, for a test with a service that has its own clock.
    package static func fromNow() -> ManualTime {
        ManualTime(start: TimeSource.system.wallClock(), random: 0.5)
    }

    package var now: Duration { state.withLock { $0.now } }

    /// How long callers slept, in order.
    package var sleeps: [Duration] { state.withLock { $0.sleeps } }

    package func advance(_ duration: Duration) { state.withLock { $0.now += duration } }

    package var source: TimeSource {
        let random = random
        return TimeSource(
            wallClock: { self.start + Int(self.now.components.seconds) },
            elapsed: { self.now },
            sleep: { duration throws(CancellationError) in
                if Task.isCancelled { throw CancellationError() }
                self.state.withLock { state in
                    state.now += duration
                    state.sleeps.append(duration)
                }
                await Task.yield()
            },
            random: { random })
    }
}

extension TimeSource {
    /// The context of a request that begins now.
    package func context(
        _ namespace: String = "team", _ priority: RequestPriority = .firstMount, timeout: Duration = .seconds(60)
    ) -> RequestContext {
        RequestContext(namespace: namespace, priority: priority, deadline: deadline(after: timeout))
    }
}

extension TimeSource {
    /// The same clock, with pauses that end only when they are cancelled.
    package var withEndlessPauses: TimeSource {
        var copy = self
        copy.sleep = { _ throws(CancellationError) in
            let (ends, end) = AsyncStream<Void>.makeStream()
            for await _ in ends {}
            withExtendedLifetime(end) {}
            throw CancellationError()
        }
        return copy
    }
}
