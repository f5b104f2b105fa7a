internal import Dispatch
internal import Synchronization

/// Runs functions after a timeout, unless they are cancelled before it.
///
/// Most timeouts are cancelled, and most are of similar length. So all of them share one timer, for the earliest: a
/// timeout costs an entry in a table and does not wake a thread.
package final class TimeoutScheduler: Sendable {
    package static let shared = TimeoutScheduler()

    /// A scheduled timeout.
    package struct ID: Hashable, Sendable {
        fileprivate var number: UInt64
    }

    private struct Entry: Sendable {
        var end: ContinuousClock.Instant
        var action: @Sendable () -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var nextNumber: UInt64 = 0
        /// When the timer fires; nil without one.
        var timer: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "akv-csi.timeouts")

    package init() {}

    /// Runs `action` after `timeout`, on a thread that it must not block.
    package func schedule(after timeout: Duration, action: @escaping @Sendable () -> Void) -> ID {
        let end = ContinuousClock.now + timeout
        let (number, isEarliest) = state.withLock { state in
            state.nextNumber += 1
            state.entries[state.nextNumber] = Entry(end: end, action: action)
            let isEarliest = state.timer.map { end < $0 } ?? true
            if isEarliest { state.timer = end }
            return (state.nextNumber, isEarliest)
        }
        if isEarliest { setTimer(end) }
        return ID(number: number)
    }

    /// Cancels the timeout. Its action may be running already.
    package func cancel(_ id: ID) {
        state.withLock { _ = $0.entries.removeValue(forKey: id.number) }
    }

    private func setTimer(_ end: ContinuousClock.Instant) {
        let nanoseconds = max(.zero, end - ContinuousClock.now).wholeNanoseconds
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(nanoseconds))) { self.fire(end) }
    }

    private func fire(_ timer: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        let (expired, next) = state.withLock { state in
            let expired = state.entries.filter { $0.value.end <= now }
            for number in expired.keys { state.entries[number] = nil }
            // If an earlier timer was set after this one, that one takes care of the rest.
            guard state.timer == timer else { return (expired, ContinuousClock.Instant?.none) }
            state.timer = state.entries.values.lazy.map(\.end).min()
            return (expired, state.timer)
        }
        for entry in expired.values { entry.action() }
        if let next { setTimer(next) }
    }
}
