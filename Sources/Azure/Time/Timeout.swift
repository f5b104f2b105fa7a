internal import AsyncSupport
internal import Synchronization

/// Runs `work`, and cancels it and returns nil when `deadline` is well past.
///
/// Each step of a mount observes the deadline itself, and its error names what it waited for. This function ends what
/// the steps do not watch, such as waiting for requests of others, and leaves the steps a moment to report their own
/// error first. `work` prefers `executor` when it has waited.
package func withDeadline<Value: Sendable>(
    _ deadline: Deadline, on executor: (any TaskExecutor)? = nil, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    let remaining = max(.zero, deadline.remaining)
    return await withTimeout(remaining + min(.seconds(5), remaining * 0.5), on: executor, work)
}

/// Runs `work`, and cancels it and returns nil after `duration`.
///
/// A sleeping task keeps its memory until its time has come, even if it is cancelled. Therefore one timer serves all
/// calls, and releases the memory of a call when its work ends.
func withTimeout<Value: Sendable>(
    _ duration: Duration, on executor: (any TaskExecutor)?, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    let isOver = Flag()
    // Immediate: the task needs another thread only when it waits.
    let task = Task.immediate(executorPreference: executor) { await work() }
    let limit = TimeoutScheduler.shared.schedule(after: duration) {
        isOver.value.withLock { $0 = true }
        task.cancel()
    }
    let value = await withTaskCancellationHandler {
        await task.value
    } onCancel: {
        task.cancel()
    }
    TimeoutScheduler.shared.cancel(limit)
    return isOver.value.withLock { $0 } ? nil : value
}

private final class Flag: Sendable {
    let value = Mutex(false)
}
