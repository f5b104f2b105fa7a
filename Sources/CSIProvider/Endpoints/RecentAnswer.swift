internal import Synchronization

/// Keeps an answer for a moment, so that the number of callers does not decide how often it is made.
///
/// Callers that ask while the answer is being made wait for it together. A caller that leaves does not end the work.
final class RecentAnswer<Value: Sendable>: Sendable {
    private struct State {
        /// The last one that has ended, and when.
        var made: (task: Task<Value, Never>, at: Duration)?
        var running: Task<Value, Never>?
    }

    private let lifetime: Duration
    private let now: @Sendable () -> Duration
    private let make: @Sendable () async -> Value
    private let state = Mutex(State())

    /// An answer by `make`, kept for `lifetime` from when it was made. `now` is a clock that never goes back.
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
