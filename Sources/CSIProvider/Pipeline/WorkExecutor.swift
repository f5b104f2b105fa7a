internal import AsyncSupport
internal import Glibc
internal import Synchronization

/// Runs long computing work on threads of its own, so that gRPC's threads and those of Swift's tasks never wait for it.
///
/// At most `width` pieces of work run at the same time, at most half of them of one owner (a namespace). Owners that wait
/// take
/// turns. The threads have a low priority: the rest of the node goes first.
final class WorkExecutor: Sendable {
    private struct State {
        var waiting = FairWaiterQueue<Void, Void>()
        /// The threads of each owner that has any.
        var running: [String: Int] = [:]
    }

    private let width: Int
    /// The most threads of one owner, whether others have work now or not: it may take seconds until a thread is free.
    private var maximumOfOwner: Int { width / 2 }
    private let state = Mutex(State())

    /// `width` is the number of threads, at least 2.
    init(width: Int) {
        self.width = max(2, width)
    }

    /// The number of pieces of work that wait.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Runs `work`, of `owner`, when it is its turn. Nil if the task is cancelled, or `timeout` passes, before it begins;
    /// once it has begun, its own budget ends it.
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

    /// Gives the thread of `owner` that has become free to the next in line.
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
        // The node has no threads left. The work is bounded, so it is done here.
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

/// The threads' nice value, of 0 to 19.
private let niceness: Int32 = 10

/// `argument` is a retained `ThreadBody`.
private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // Linux keeps a nice value for each thread; where it may not be raised, the work runs all the same.
    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
    if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
    return nil
}
