internal import AsyncSupport
internal import Synchronization

/// Bounds the bytes of the responses that clients have not read yet, each of which gRPC keeps as one encoded message.
///
/// Responses wait here in the order of arrival, while their values are still shared between mounts and nothing is
/// copied. Small responses never wait, so a client that reads nothing does not hold up ordinary mounts.
final class ResponseMemoryBudget: Sendable {
    private struct State {
        var used = 0
        /// Tagged with the size of the response in bytes.
        var queue = WaiterQueue<Int, Void>()
    }

    /// Responses up to this size are not dangerous and never wait.
    static let smallBytes = 64 << 10

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Acquires `bytes`, which the caller gives back with `release`. Returns false, without acquiring anything, if they
    /// are not available before `timeout` or if the task is cancelled.
    func acquire(_ bytes: Int, timeout: Duration) async -> Bool {
        let waiter: Waiter<Int, Void>? = state.withLock { state in
            if bytes <= Self.smallBytes || state.queue.isEmpty && fits(bytes, used: state.used) {
                state.used += bytes
                return nil
            }
            return state.queue.append(bytes)
        }
        guard let waiter else { return true }
        if await waiter.value(timeout: timeout) != nil { return true }
        // The next response in the queue may be smaller.
        admit()
        return false
    }

    /// Gives back `bytes` that were acquired.
    func release(_ bytes: Int) {
        state.withLock { $0.used -= bytes }
        admit()
    }

    /// The number of responses that wait.
    var waiting: Int { state.withLock { $0.queue.count } }

    /// A response larger than the whole budget is admitted only when nothing else is acquired.
    private func fits(_ bytes: Int, used: Int) -> Bool {
        used == 0 || used + bytes <= capacity
    }

    private func admit() {
        let claims = state.withLock { state in
            var (used, claims) = (state.used, [WaiterClaim<Int, Void>]())
            while let claim = state.queue.popFirst(where: { fits($0, used: used) }) {
                used += claim.tag
                claims.append(claim)
            }
            state.used = used
            return claims
        }
        for claim in claims { claim.resume(returning: ()) }
    }
}
