import Azure
import Synchronization

/// A clock for retries: nobody waits, but time has passed afterwards, and the waits are known.
final class ShortTimeouts: Sendable {
    private struct State {
        var waits: [Duration] = []
        var skipped = Duration.zero
    }

    private let state = Mutex(State())

    /// What callers wanted to wait, in order.
    var waits: [Duration] { state.withLock { $0.waits } }

    var source: TimeSource {
        let real = TimeSource.system
        return TimeSource(
            wallClock: { real.wallClock() + Int(self.state.withLock { $0.skipped }.components.seconds) },
            elapsed: { real.elapsed() + self.state.withLock { $0.skipped } },
            sleep: { duration throws(CancellationError) in
                self.state.withLock { state in
                    state.waits.append(duration)
                    state.skipped += duration
                }
                if Task.isCancelled { throw CancellationError() }
                await Task.yield()
            },
            random: { 0.5 })
    }
}
