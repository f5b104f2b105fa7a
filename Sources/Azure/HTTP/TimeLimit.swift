internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Runs `work` and gives up on it, with nil, when `deadline` is well past.
///
/// Each hop keeps to the deadline itself, and its error says what it waited for. This ends what no hop
/// watches, such as waiting for requests of others, so it leaves the hops a moment to speak first.
package func limited<Value: Sendable>(
    to deadline: Deadline, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    let patience = max(.zero, deadline.remaining)
    return await limited(after: patience + min(.seconds(2), patience * 0.25), work)
}

/// Runs `work` and cancels it after `duration`, with nil.
///
/// A task that sleeps keeps its memory until its time has come, even when it is cancelled. So the time
/// is kept by a timer of the event loop, which is gone with its cancellation.
func limited<Value: Sendable>(
    after duration: Duration, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    let isOver = Flag()
    let task = Task { await work() }
    let timer = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(duration)) {
        isOver.value.withLock { $0 = true }
        task.cancel()
    }
    let value = await withTaskCancellationHandler {
        await task.value
    } onCancel: {
        task.cancel()
    }
    timer.cancel()
    return isOver.value.withLock { $0 } ? nil : value
}

private final class Flag: Sendable {
    let value = Mutex(false)
}
