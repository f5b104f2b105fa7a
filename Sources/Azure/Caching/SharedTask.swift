internal import AsyncSupport
internal import Synchronization

/// One running task whose result several callers wait for.
///
/// The task does not belong to one of them: if a caller is cancelled, the others still get the result, and the work is
/// cancelled only when its last caller has left. Its deadline is the latest deadline of its callers. All members can be
/// used from any thread.
package final class SharedTask<Value: Sendable>: Sendable {
    /// A caller that has joined. It must call `value(for:)` exactly once.
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

    /// The caller that started the work.
    package let first: Caller

    /// Starts `work` with a deadline that moves when callers with a later one join. If `isAwaited` is false, the work
    /// starts without a caller and runs in the background until its deadline. It prefers `executor`.
    package init(
        isAwaited: Bool = true, until deadline: Deadline, on executor: (any TaskExecutor)? = nil,
        _ work: @escaping @Sendable (Deadline) async -> Value
    ) {
        latest = Mutex(deadline)
        var initial = State()
        first = Caller(waiter: isAwaited ? initial.callers.append(()) : nil)
        state = Mutex(initial)
        let task = Task(executorPreference: executor) {
            self.finish(await work(deadline.moving { [weak self] in self?.latest.withLock { $0 } ?? deadline }))
        }
        state.withLock { state in
            if state.value == nil { state.task = task }
        }
    }

    /// Joins the task. Returns nil if all earlier callers have left and the work is being cancelled.
    package func join(until deadline: Deadline) -> Caller? {
        let caller: Caller? = state.withLock { state in
            state.isAbandoned ? nil : Caller(waiter: state.callers.append(()))
        }
        if caller != nil { latest.withLock { $0 = max($0, deadline) } }
        return caller
    }

    /// Returns the result, or nil if the caller's own task is cancelled before the result exists.
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
