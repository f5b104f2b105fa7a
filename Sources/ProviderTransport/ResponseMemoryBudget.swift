internal import Dispatch
internal import Synchronization

/// Bounds the bytes of the responses that clients have not read yet. gRPC keeps each of them twice.
///
/// Responses wait here in the order of arrival, while their values are still shared between mounts and nothing is
/// copied. Small responses never wait, so a client that reads nothing does not hold up ordinary mounts.
final class ResponseMemoryBudget: Sendable {
    private struct Waiter {
        var id: Int
        var bytes: Int
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var used = 0
        var waiters: [Waiter] = []
        var lastID = 0
        /// The ids that were cancelled before they waited.
        var cancelled: Set<Int> = []
    }

    /// Responses up to this size are not dangerous and never wait.
    static let smallBytes = 64 << 10

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Acquires `bytes`, which the caller gives back with `release`. Returns false, without acquiring anything, if they
    /// are not available within `timeout` seconds or if the task is cancelled.
    func acquire(_ bytes: Int, timeout: Double) async -> Bool {
        let id = state.withLock { state -> Int? in
            if bytes <= Self.smallBytes || state.waiters.isEmpty && fits(bytes, state) {
                state.used += bytes
                return nil
            }
            state.lastID += 1
            return state.lastID
        }
        guard let id else { return true }
        // The timeout of a caller without a deadline is infinite, and the conversion must not overflow.
        let limit = DispatchTime.now() + .milliseconds(Int(max(0, min(timeout, 86_400)) * 1000))
        let isAcquired = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
                    guard state.cancelled.remove(id) == nil else { return [continuation] }
                    state.waiters.append(Waiter(id: id, bytes: bytes, continuation: continuation))
                    return []
                }
                for continuation in ready { continuation.resume(returning: false) }
                admit()
                DispatchQueue.global().asyncAfter(deadline: limit) { [weak self] in self?.refuse(id) }
            }
        } onCancel: {
            if !refuse(id) { _ = state.withLock { $0.cancelled.insert(id) } }
        }
        _ = state.withLock { $0.cancelled.remove(id) }
        return isAcquired
    }

    /// The number of responses that wait.
    var waiting: Int { state.withLock { $0.waiters.count } }

    func release(_ bytes: Int) {
        state.withLock { $0.used -= bytes }
        admit()
    }

    /// A response larger than the whole budget is admitted only when nothing else is acquired.
    private func fits(_ bytes: Int, _ state: State) -> Bool {
        state.used == 0 || state.used + bytes <= capacity
    }

    private func admit() {
        let ready = state.withLock { state in
            var ready: [CheckedContinuation<Bool, Never>] = []
            while let first = state.waiters.first, fits(first.bytes, state) {
                state.used += first.bytes
                ready.append(state.waiters.removeFirst().continuation)
            }
            return ready
        }
        for continuation in ready { continuation.resume(returning: true) }
    }

    /// Ends the wait with this id; returns false if there is none.
    @discardableResult
    private func refuse(_ id: Int) -> Bool {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
        // The next response in the queue may be smaller.
        if waiter != nil { admit() }
        return waiter != nil
    }
}
