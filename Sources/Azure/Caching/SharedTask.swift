internal import Synchronization

/// One piece of work under way that several callers wait for.
///
/// The work belongs to none of them: a caller that is cancelled leaves, and only when the last one
/// has left is the work itself cancelled. Its deadline is the latest of its callers'.
package final class SharedTask<Value: Sendable>: Sendable {
    /// A place among those who wait; `value(for:)` takes it up.
    package struct Caller: Sendable {
        fileprivate var number: UInt64
    }

    private struct State {
        var value: Value?
        var task: Task<Void, Never>?
        var isAbandoned = false
        /// Callers that have joined and not left.
        var present: Set<UInt64> = []
        var waiting: [UInt64: CheckedContinuation<Value?, Never>] = [:]
        var nextNumber: UInt64 = 0
    }

    private let state = Mutex(State())
    private let latest: Mutex<Deadline>

    /// The caller for whom the work was begun.
    package let first = Caller(number: 0)

    /// Begins `work`, which is given a deadline that moves when later callers join. With nobody waiting
    /// it is work in the background, which only its deadline ends.
    package init(
        isAwaited: Bool = true, until deadline: Deadline, _ work: @escaping @Sendable (Deadline) async -> Value
    ) {
        latest = Mutex(deadline)
        if isAwaited { state.withLock { _ = $0.present.insert(0) } }
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
            guard !state.isAbandoned else { return nil }
            state.nextNumber += 1
            state.present.insert(state.nextNumber)
            return Caller(number: state.nextNumber)
        }
        if caller != nil { latest.withLock { $0 = max($0, deadline) } }
        return caller
    }

    /// The outcome; nil when the caller's own task is cancelled before there is one.
    package func value(for caller: Caller) async -> Value? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known: Value?? = state.withLock { state in
                    if let value = state.value { return .some(value) }
                    guard state.present.contains(caller.number) else { return .some(nil) }
                    state.waiting[caller.number] = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            leave(caller)
        }
    }

    private func leave(_ caller: Caller) {
        var continuation: CheckedContinuation<Value?, Never>?
        var abandoned: Task<Void, Never>?
        state.withLock { state in
            guard state.value == nil else { return }
            state.present.remove(caller.number)
            continuation = state.waiting.removeValue(forKey: caller.number)
            if state.present.isEmpty {
                state.isAbandoned = true
                abandoned = state.task
            }
        }
        continuation?.resume(returning: nil)
        abandoned?.cancel()
    }

    private func finish(_ value: Value) {
        let waiting = state.withLock { state in
            let waiting = Array(state.waiting.values)
            state.waiting = [:]
            state.value = value
            state.task = nil
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: value) }
    }
}
