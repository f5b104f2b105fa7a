internal import AsyncSupport
internal import Synchronization

/// The contents that are fetched together for one mount, for others that want some of them too.
///
/// The work belongs to none of them: a mount that is cancelled leaves, and when the last one has left, the work itself is
/// cancelled. Its deadline is the latest of its mounts'.
final class FetchTask: Sendable {
    private struct State {
        var task: Task<Void, Never>?
        /// Contents that have not come and that somebody waits for.
        var wanted = 0
        var isCancelled = false
    }

    private let state = Mutex(State())
    private let latest: Mutex<Deadline>

    init(until deadline: Deadline) {
        latest = Mutex(deadline)
    }

    /// Begins the work, once, with a deadline that moves when other mounts join.
    func begin(_ work: @escaping @Sendable (Deadline) async -> Void) {
        let deadline = latest.withLock { $0 }
        let task = Task { await work(deadline.moving { self.latest.withLock { $0 } }) }
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

    /// A content has come, or no caller wants it any more.
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

/// A content that is on its way, and the mounts that wait for it.
final class PendingContent: Sendable {
    typealias Completion = @Sendable (ValueCache.LookupResult) -> Void

    private struct State {
        var result: ValueCache.LookupResult?
        var completions: [UInt64: Completion] = [:]
        var nextNumber: UInt64 = 0
        var isAbandoned = false
    }

    /// When the request for it was begun.
    let begunAt: Duration
    private let task: FetchTask
    private let state = Mutex(State())

    init(in task: FetchTask, begunAt: Duration) {
        self.task = task
        self.begunAt = begunAt
        task.want()
    }

    /// Calls `completion` when the content has come. The result is for `leave`; nil when all earlier mounts have left, so
    /// that the work is being given up.
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

    /// The mount does not wait any more.
    func leave(_ number: UInt64) {
        let isAbandoned = state.withLock { state in
            guard state.result == nil, state.completions.removeValue(forKey: number) != nil else { return false }
            state.isAbandoned = state.completions.isEmpty
            return state.isAbandoned
        }
        if isAbandoned { task.settle(isAbandoned: true) }
    }

    /// The content, or what came instead. The first call counts.
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
    /// Called for each result, from the task that brings it.
    private let observe: @Sendable (ValueCache.LookupResult) -> Void

    /// `missing` of the `count` results will come.
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

    /// Waits until all have come. False if the task is cancelled, or if `timeout` passes, before that.
    func wait(timeout: Duration) async -> Bool {
        let waiter = state.withLock { state in state.missing == 0 ? nil : state.queue.append(()) }
        guard let waiter else { return true }
        return await waiter.value(timeout: timeout) != nil
    }

    /// By their index; nil where none has come.
    var results: [ValueCache.LookupResult?] { state.withLock { $0.results } }
}
