internal import Synchronization

/// Reuses a result for a short time, so that the number of callers does not decide how often it is computed.
///
/// Callers that ask while the result is being computed wait for it together. The computation continues if a caller is
/// cancelled.
final class RecentAnswer<Value: Sendable>: Sendable {
    private struct State {
        /// The last finished computation and the time of its end.
        var made: (task: Task<Value, Never>, at: Duration)?
        var running: Task<Value, Never>?
    }

    private let lifetime: Duration
    private let now: @Sendable () -> Duration
    private let make: @Sendable () async -> Value
    private let state = Mutex(State())

    /// Creates a cache for the result of `make`, which is reused for `lifetime` after it was computed. `now` returns
    /// the time of a monotonic clock.
    init(
        lifetime: Duration, now: @escaping @Sendable () -> Duration, make: @escaping @Sendable () async -> Value
    ) {
        self.lifetime = lifetime
        self.now = now
        self.make = make
    }

    func value() async -> Value {
        let now = now()
        let task: Task<Value, Never> = state.withLock { state in
            if let running = state.running { return running }
            if let made = state.made, now - made.at < lifetime { return made.task }
            let task = Task { await self.renew() }
            state.running = task
            return task
        }
        return await task.value
    }

    private func renew() async -> Value {
        let value = await make()
        let now = now()
        state.withLock { state in
            if let task = state.running { state.made = (task, now) }
            state.running = nil
        }
        return value
    }
}
