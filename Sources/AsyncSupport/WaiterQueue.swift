public import Synchronization

/// A queue of tasks that wait for a value from another task.
///
/// A queue is part of another type's state, and that type uses it only under its own lock:
/// - A task that has to wait calls `append` under the lock, and then awaits the waiter's `value` without the lock.
/// - A task that provides values calls `popFirst` or `removeAll` under the lock, takes the values from the state, and
///   calls `resume` on each claim, with or without the lock.
///
/// Each waiter ends exactly once. A waiter whose task is cancelled, or whose timeout passes, leaves the queue at that
/// moment. A claimed waiter gets its value even if its task is cancelled in the meantime, so a value is never lost.
///
/// The types are public, because the compiler does not specialize types of `package` level for other modules.
public struct WaiterQueue<Tag: Sendable, Value: Sendable>: Sendable {
    /// The waiters in order of arrival. Some of them may have ended; `append` removes these when they are the majority.
    @usableFromInline var waiters: [Waiter<Tag, Value>] = []
    @usableFromInline var countToPrune = 16

    @inlinable public init() {}

    /// The number of waiters.
    @inlinable public var count: Int { waiters.count { $0.isWaiting } }

    @inlinable public var isEmpty: Bool { !waiters.contains { $0.isWaiting } }

    /// Adds a waiter to the end. `tag` describes what it waits for, if waiters differ in that.
    @inlinable public mutating func append(_ tag: Tag) -> Waiter<Tag, Value> {
        if waiters.count >= countToPrune {
            waiters.removeAll { !$0.isWaiting }
            countToPrune = max(16, 2 * waiters.count)
        }
        let waiter = Waiter<Tag, Value>(tag: tag)
        waiters.append(waiter)
        return waiter
    }

    /// Claims the first waiter if its tag satisfies `condition`. Later waiters never overtake it.
    @inlinable public mutating func popFirst(where condition: (Tag) -> Bool = { _ in true }) -> WaiterClaim<Tag, Value>?
    {
        while let waiter = waiters.first {
            guard !waiter.isWaiting || condition(waiter.tag) else { return nil }
            waiters.removeFirst()
            if let claim = waiter.claim() { return claim }
        }
        return nil
    }

    /// Claims all waiters.
    @inlinable public mutating func removeAll() -> [WaiterClaim<Tag, Value>] {
        if waiters.isEmpty { return [] }
        defer { waiters = [] }
        return waiters.compactMap { $0.claim() }
    }
}

/// A position in a `WaiterQueue`.
public final class Waiter<Tag: Sendable, Value: Sendable>: Sendable {
    @usableFromInline enum State {
        /// The waiter is in the queue. The continuation exists when the task waits.
        case waiting(CheckedContinuation<Value?, Never>?)
        /// The waiter is claimed. The continuation exists when the task waits.
        case claimed(CheckedContinuation<Value?, Never>?)
        case ended(Value?)
    }

    @usableFromInline let tag: Tag
    @usableFromInline let state = Mutex(State.waiting(nil))

    @inlinable init(tag: Tag) {
        self.tag = tag
    }

    /// Waits for the value. It must be called exactly once. Returns nil if the task is cancelled, or `timeout` passes,
    /// before the waiter is claimed.
    @inlinable public func value(timeout: Duration? = nil) async -> Value? {
        let timer = timeout.map { TimeoutScheduler.shared.schedule(after: $0) { self.giveUp() } }
        defer { if let timer { TimeoutScheduler.shared.cancel(timer) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result: Value?? = state.withLock { state in
                    switch state {
                    case .waiting: state = .waiting(continuation)
                    case .claimed: state = .claimed(continuation)
                    case .ended(let value): return .some(value)
                    }
                    return nil
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            giveUp()
        }
    }

    @inlinable var isWaiting: Bool {
        state.withLock { if case .waiting = $0 { true } else { false } }
    }

    /// Claims the waiter. Returns nil if it has ended.
    @inlinable func claim() -> WaiterClaim<Tag, Value>? {
        state.withLock { state in
            guard case .waiting(let continuation) = state else { return nil }
            state = .claimed(continuation)
            return WaiterClaim(waiter: self)
        }
    }

    @inlinable func resume(returning value: Value) {
        let continuation = state.withLock { state -> CheckedContinuation<Value?, Never>? in
            guard case .claimed(let continuation) = state else {
                // This can only be a bug in this process, and no input can cause it: like a continuation, a claim is
                // resumed once.
                preconditionFailure("a claim was resumed twice")
            }
            state = .ended(value)
            return continuation
        }
        continuation?.resume(returning: value)
    }

    @inlinable func giveUp() {
        let continuation = state.withLock { state -> CheckedContinuation<Value?, Never>? in
            guard case .waiting(let continuation) = state else { return nil }
            state = .ended(nil)
            return continuation
        }
        continuation?.resume(returning: nil)
    }
}

/// The promise of a value for a waiter that has left the queue. `resume` must be called exactly once.
public struct WaiterClaim<Tag: Sendable, Value: Sendable>: Sendable {
    @usableFromInline let waiter: Waiter<Tag, Value>

    @inlinable init(waiter: Waiter<Tag, Value>) {
        self.waiter = waiter
    }

    @inlinable public var tag: Tag { waiter.tag }

    @inlinable public func resume(returning value: Value) {
        waiter.resume(returning: value)
    }
}
