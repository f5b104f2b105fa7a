import Azure
import Synchronization

/// A clock that moves only when its owner sleeps or a request times out, and that keeps how long was slept.
final class ManualTime: Sendable {
    private struct State {
        var sleeps: [Duration] = []
        var now = Duration.zero
    }

    private let state = Mutex(State())
    /// Seconds since 1970 when the clock reads zero.
    let start: Int

    init(start: Int = TimeSource.system.wallClock()) {
        self.start = start
    }

    var now: Duration { state.withLock { $0.now } }

    /// How long callers slept, in order.
    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    func advance(_ duration: Duration) { state.withLock { $0.now += duration } }

    var source: TimeSource {
        TimeSource(
            wallClock: { self.start + Int(self.now.components.seconds) },
            elapsed: { self.now },
            sleep: { duration throws(CancellationError) in
                self.state.withLock { state in
                    state.sleeps.append(duration)
                    state.now += duration
                }
                if Task.isCancelled { throw CancellationError() }
                await Task.yield()
            },
            random: { 0.5 })
    }
}
