internal import AsyncSupport
internal import Synchronization

/// Runs `work` and gives up on it, with nil, when `deadline` is well past.
///
/// Each hop keeps to the deadline itself, and its error says what it waited for. This ends what no hop
/// watches, such as waiting for requests of others, so it leaves the hops a moment to speak first.
package func withDeadline<Value: Sendable>(
    _ deadline: Deadline, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    let remaining = max(.zero, deadline.remaining)
    return await withTimeout(remaining + min(.seconds(5), remaining * 0.5), work)
}

/// Runs `work` and cancels it after `duration`, with nil.
///
/// A task that sleeps keeps its memory until its time has come, even when it is cancelled. So the time
/// is kept by one timer for all, which forgets a limit with its end.
func withTimeout<Value: Sendable>(
    _ duration: Duration, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    let isOver = Flag()
    let task = Task { await work() }
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
