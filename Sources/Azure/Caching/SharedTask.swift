internal import AsyncSupport
internal import Synchronization

/// One piece of work under way that several callers wait for.
///
/// The work belongs to none of them: a caller that is cancelled leaves, and only when the last one
/// has left is the work itself cancelled. Its deadline is the latest of its callers'.
package final class SharedTask<Value: Sendable>: Sendable {
    /// A caller that has joined; it calls `value(for:)` once.
    package struct Caller: Sendable {
        fileprivate var waiter: Waiter<Void, Value>?
    }

    private struct State {
        var value: Value?
        var task: Task<Void, Never>?
        var isAbandoned = false
        /// The callers that have joined and not left.
        var callers = WaiterQueue<Void, Value>()
    }

    private let state: Mutex<State>
    private let latest: Mutex<Deadline>

    /// The caller for whom the work was begun.
    package let first: Caller

    /// Begins `work`, which is given a deadline that moves when later callers join. Without a caller that waits
    /// it is work in the background, which only its deadline ends.
    package init(
        isAwaited: Bool = true, until deadline: Deadline, _ work: @escaping @Sendable (Deadline) async -> Value
    ) {
        latest = Mutex(deadline)
        var initial = State()
        first = Caller(waiter: isAwaited ? initial.callers.append(()) : nil)
        state = Mutex(initial)
        let task = Task {
            finish(await work(deadline.moving { [weak self] in self?.latest.withLock { $0 } ?? deadline }))
        }
        state.withLock { state in
            if state.value == nil { state.task = task }
        }
    }

    /// Nil when all earlier callers have left, so that the work is being given up.
    package func join(until deadline: Deadline) -> Caller? {
        let caller: Caller? = state.withLock { state in
            state.isAbandoned ? nil : Caller(waiter: state.callers.append(()))
        }
        if caller != nil { latest.withLock { $0 = max($0, deadline) } }
        return caller
    }

    /// The outcome; nil if the caller's own task is cancelled before there is one.
    package func value(for caller: Caller) async -> Value? {
        if let value = state.withLock({ $0.value }) { return value }
        guard let waiter = caller.waiter else { return nil }
        if let value = await waiter.value() { return value }
        cancelIfUnused()
        return nil
    }

    private func cancelIfUnused() {
        let abandoned: Task<Void, Never>? = state.withLock { state in
            guard state.value == nil, state.callers.isEmpty else { return nil }
            state.isAbandoned = true
            return state.task
        }
        abandoned?.cancel()
    }

    private func finish(_ value: Value) {
        let claims = state.withLock { state in
            state.value = value
            state.task = nil
            return state.callers.removeAll()
        }
        for claim in claims { claim.resume(returning: value) }
    }
}
