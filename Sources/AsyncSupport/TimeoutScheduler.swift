internal import Dispatch
internal import Synchronization

/// Runs functions after a timeout, unless they are cancelled first. All members can be used from any thread.
///
/// Most timeouts are cancelled, and most have similar lengths. All of them therefore share one timer, which is set for
/// the earliest one: a timeout needs only an entry in a table and does not wake a thread.
public final class TimeoutScheduler: Sendable {
    public static let shared = TimeoutScheduler()

    /// A scheduled timeout.
    public struct ID: Hashable, Sendable {
        fileprivate var number: UInt64
    }

    private struct Entry: Sendable {
        var end: ContinuousClock.Instant
        var action: @Sendable () -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var nextNumber: UInt64 = 0
        /// The time at which the timer fires; nil if no timer is set.
        var timer: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "akv-csi.timeouts")

    public init() {}

    /// Runs `action` after `timeout`. The action must not block its thread.
    public func schedule(after timeout: Duration, action: @escaping @Sendable () -> Void) -> ID {
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

    /// Cancels the timeout. Its action may already be running.
    public func cancel(_ id: ID) {
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
            // If an earlier timer has replaced this one, that timer handles the remaining timeouts.
            guard state.timer == timer else { return (expired, ContinuousClock.Instant?.none) }
            state.timer = state.entries.values.lazy.map(\.end).min()
            return (expired, state.timer)
        }
        for entry in expired.values { entry.action() }
        if let next { setTimer(next) }
    }
}
