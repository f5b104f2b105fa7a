internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Ends what takes too long.
///
/// Nearly everything ends in time, and most limits are alike. So there is one timer for all of them, at the
/// earliest end: beginning and ending a limit costs a look into a table, and wakes no thread.
final class TimeoutScheduler: Sendable {
    static let shared = TimeoutScheduler()

    private struct Entry: Sendable {
        var end: ContinuousClock.Instant
        var expire: @Sendable () -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var nextNumber: UInt64 = 0
        /// When the timer is due; nil when none is set.
        var timer: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// Runs `expire` after `duration`, on a thread that it must not keep, unless `cancel` comes first.
    func schedule(_ duration: Duration, expire: @escaping @Sendable () -> Void) -> UInt64 {
        let end = ContinuousClock.now + duration
        let (number, isEarliest) = state.withLock { state in
            state.nextNumber += 1
            state.entries[state.nextNumber] = Entry(end: end, expire: expire)
            let isEarliest = state.timer.map { end < $0 } ?? true
            if isEarliest { state.timer = end }
            return (state.nextNumber, isEarliest)
        }
        if isEarliest { setTimer(end) }
        return number
    }

    func cancel(_ number: UInt64) {
        state.withLock { _ = $0.entries.removeValue(forKey: number) }
    }

    private func setTimer(_ end: ContinuousClock.Instant) {
        let duration = max(.zero, end - ContinuousClock.now)
        MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(duration)) { self.fire(end) }
    }

    private func fire(_ timer: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        let (expired, next) = state.withLock { state in
            let expired = state.entries.filter { $0.value.end <= now }
            for number in expired.keys { state.entries[number] = nil }
            // An earlier timer was set after this one; it will see to the rest.
            guard state.timer == timer else { return (expired, ContinuousClock.Instant?.none) }
            state.timer = state.entries.values.lazy.map(\.end).min()
            return (expired, state.timer)
        }
        for entry in expired.values { entry.expire() }
        if let next { setTimer(next) }
    }
}
