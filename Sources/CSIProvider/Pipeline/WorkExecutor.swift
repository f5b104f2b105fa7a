internal import AsyncSupport
internal import Glibc
internal import Synchronization

/// Runs long computing work on its own threads, so that the threads of gRPC and of Swift's tasks never wait for it.
///
/// At most `width` pieces of work run at the same time, and at most half of them belong to one owner (a namespace).
/// Waiting owners take turns. The threads have a low priority, so that the rest of the node runs first.
final class WorkExecutor: Sendable {
    private struct State {
        var waiting = FairWaiterQueue<Void, Void>()
        /// The number of running threads of each owner.
        var running: [String: Int] = [:]
    }

    private let width: Int
    /// The maximum number of threads of one owner, even if no other owner is waiting: a thread can be busy for seconds.
    private var maximumOfOwner: Int { width / 2 }
    private let state = Mutex(State())

    /// Creates an executor with `width` threads, at least 2.
    init(width: Int) {
        self.width = max(2, width)
    }

    /// The number of pieces of work that are waiting.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Runs `work` when it is `owner`'s turn. Returns nil if the task is cancelled or `timeout` passes before the work
    /// begins. Work that has begun is limited by its own budget.
    func run<Value: Sendable>(
        for owner: String, timeout: Duration, _ work: @escaping @Sendable () -> Value
    ) async -> Value? {
        let waiter = state.withLock { state -> Waiter<Void, Void>? in
            if mayBegin(owner, state) {
                state.running[owner, default: 0] += 1
                return nil
            }
            return state.waiting.append((), of: owner)
        }
        if let waiter, await waiter.value(timeout: timeout) == nil { return nil }
        return await withCheckedContinuation { continuation in
            Self.startThread {
                let value = work()
                self.end(owner)
                continuation.resume(returning: value)
            }
        }
    }

    private func mayBegin(_ owner: String, _ state: State) -> Bool {
        state.running.values.reduce(0, +) < width && state.running[owner, default: 0] < maximumOfOwner
    }

    /// Gives the free thread of `owner` to the next waiting work.
    private func end(_ owner: String) {
        let claims = state.withLock { state in
            state.running[owner, default: 1] -= 1
            if state.running[owner] == 0 { state.running[owner] = nil }
            var claims: [WaiterClaim<Void, Void>] = []
            while let next = state.waiting.popFirst(where: { [state] owner, _ in mayBegin(owner, state) }) {
                state.running[next.owner, default: 0] += 1
                claims.append(next.claim)
            }
            return claims
        }
        for claim in claims { claim.resume(returning: ()) }
    }

    private static func startThread(_ body: @escaping @Sendable () -> Void) {
        let argument = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
        if Self.createThread(argument) { return }
        // The node cannot start another thread. The work is limited, so it runs on the current thread.
        Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
    }

    private static func createThread(_ argument: UnsafeMutableRawPointer) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        return pthread_create(&thread, &attributes, runThread, argument) == 0
    }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}

/// The nice value of the threads, from 0 to 19.
private let niceness: Int32 = 10

/// The body of a thread. `argument` is a retained `ThreadBody`.
private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // Linux keeps a nice value for each thread. If it cannot be changed, the work runs anyway.
    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
    if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
    return nil
}
