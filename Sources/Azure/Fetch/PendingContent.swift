internal import AsyncSupport
internal import Synchronization

/// The contents that are fetched together for one mount, and that other mounts can wait for too.
///
/// The work does not belong to one mount: if a mount is cancelled, the others still get the contents, and the work is
/// cancelled only when the last mount has left. Its deadline is the latest deadline of its mounts.
final class FetchTask: Sendable {
    private struct State {
        var task: Task<Void, Never>?
        /// The number of contents that have not arrived and that a mount waits for.
        var wanted = 0
        var isCancelled = false
    }

    private let state = Mutex(State())
    private let latest: Mutex<Deadline>

    private let executor: (any TaskExecutor)?

    /// Creates a task that prefers `executor` when it has waited.
    init(until deadline: Deadline, on executor: (any TaskExecutor)?) {
        latest = Mutex(deadline)
        self.executor = executor
    }

    /// Starts the work once, with a deadline that moves when mounts with a later one join.
    func begin(_ work: @escaping @Sendable (Deadline) async -> Void) {
        let deadline = latest.withLock { $0 }
        // Immediate: the task needs another thread only when it waits.
        let task = Task.immediate(executorPreference: executor) {
            await work(deadline.moving { self.latest.withLock { $0 } })
        }
        let isCancelled = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    fileprivate func extend(to deadline: Deadline) {
        latest.withLock { $0 = max($0, deadline) }
    }

    fileprivate func want() {
        state.withLock { $0.wanted += 1 }
    }

    /// Records that a content has arrived, or that no mount waits for it any more.
    fileprivate func settle(isAbandoned: Bool) {
        let task = state.withLock { state -> Task<Void, Never>? in
            state.wanted -= 1
            guard isAbandoned, state.wanted == 0 else { return nil }
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
    }
}

/// A content that is being fetched, and the mounts that wait for it.
final class PendingContent: Sendable {
    typealias Completion = @Sendable (ValueCache.LookupResult) -> Void

    private struct State {
        var result: ValueCache.LookupResult?
        var completions: [UInt64: Completion] = [:]
        var nextNumber: UInt64 = 0
        var isAbandoned = false
    }

    /// The time at which its request began.
    let begunAt: Duration
    private let task: FetchTask
    private let state = Mutex(State())

    init(in task: FetchTask, begunAt: Duration) {
        self.task = task
        self.begunAt = begunAt
        task.want()
    }

    /// Calls `completion` when the content arrives. Returns a number for `leave`, or nil if all earlier mounts have
    /// left and the work is being cancelled.
    func join(until deadline: Deadline, _ completion: @escaping Completion) -> UInt64? {
        let (number, result) = state.withLock { state -> (UInt64?, ValueCache.LookupResult?) in
            guard !state.isAbandoned else { return (nil, nil) }
            state.nextNumber += 1
            if let result = state.result { return (state.nextNumber, result) }
            state.completions[state.nextNumber] = completion
            return (state.nextNumber, nil)
        }
        guard let number else { return nil }
        task.extend(to: deadline)
        if let result { completion(result) }
        return number
    }

    /// Removes a mount that no longer waits.
    func leave(_ number: UInt64) {
        let isAbandoned = state.withLock { state in
            guard state.result == nil, state.completions.removeValue(forKey: number) != nil else { return false }
            state.isAbandoned = state.completions.isEmpty
            return state.isAbandoned
        }
        if isAbandoned { task.settle(isAbandoned: true) }
    }

    /// Delivers the content or the error. Only the first call has an effect.
    func finish(_ result: ValueCache.LookupResult) {
        let (completions, isFirst, wasAbandoned) = state.withLock { state in
            guard state.result == nil else { return ([Completion](), false, true) }
            state.result = result
            defer { state.completions = [:] }
            return (Array(state.completions.values), true, state.isAbandoned)
        }
        guard isFirst else { return }
        if !wasAbandoned { task.settle(isAbandoned: false) }
        for completion in completions { completion(result) }
    }
}

/// Collects the contents that one mount waits for.
final class ContentCollector: Sendable {
    private struct State {
        var results: [ValueCache.LookupResult?]
        var missing: Int
        var queue = WaiterQueue<Void, Void>()
    }

    private let state: Mutex<State>
    /// The function that is called for each result, from the task that provides it.
    private let observe: @Sendable (ValueCache.LookupResult) -> Void

    /// Creates a collector for `count` results, of which `missing` have not arrived yet.
    init(count: Int, missing: Int, observe: @escaping @Sendable (ValueCache.LookupResult) -> Void) {
        state = Mutex(State(results: Array(repeating: nil, count: count), missing: missing))
        self.observe = observe
    }

    func set(_ index: Int, _ result: ValueCache.LookupResult) {
        observe(result)
        let claims = state.withLock { state -> [WaiterClaim<Void, Void>] in
            guard state.results[index] == nil else { return [] }
            state.results[index] = result
            state.missing -= 1
            return state.missing == 0 ? state.queue.removeAll() : []
        }
        for claim in claims { claim.resume(returning: ()) }
    }

    /// Waits until all results have arrived. Returns false if the task is cancelled or `timeout` passes first.
    func wait(timeout: Duration) async -> Bool {
        let waiter = state.withLock { state in state.missing == 0 ? nil : state.queue.append(()) }
        guard let waiter else { return true }
        return await waiter.value(timeout: timeout) != nil
    }

    /// The results by index; nil for those that have not arrived.
    var results: [ValueCache.LookupResult?] { state.withLock { $0.results } }
}
