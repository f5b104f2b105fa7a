internal import Dispatch
internal import Synchronization

/// Bounds the bytes of the answers that clients have not taken yet, which gRPC keeps twice each.
///
/// Answers wait here in the order in which they came, while values are still shared between mounts and
/// nothing is copied. Small ones never wait, so that a client that takes nothing holds up no ordinary mount.
final class AnswerRoom: Sendable {
    private struct Waiter {
        var id: Int
        var bytes: Int
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var used = 0
        var waiters: [Waiter] = []
        var lastID = 0
        /// Of those that were cancelled before they waited.
        var cancelled: Set<Int> = []
    }

    /// Answers up to this size are no danger and never wait.
    static let smallBytes = 64 << 10

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Takes room for `bytes`, which must be given back by `leave`. False, and nothing is taken, when there
    /// was none within `seconds` or the task was cancelled.
    func enter(_ bytes: Int, within seconds: Double) async -> Bool {
        let id = state.withLock { state -> Int? in
            if bytes <= Self.smallBytes || state.waiters.isEmpty && fits(bytes, state) {
                state.used += bytes
                return nil
            }
            state.lastID += 1
            return state.lastID
        }
        guard let id else { return true }
        // Long waits are for callers without a deadline; the number only must not overflow.
        let limit = DispatchTime.now() + .milliseconds(Int(max(0, min(seconds, 86_400)) * 1000))
        let entered = await withTaskCancellationHandler {
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
        return entered
    }

    /// How many answers wait.
    var waiting: Int { state.withLock { $0.waiters.count } }

    func leave(_ bytes: Int) {
        state.withLock { $0.used -= bytes }
        admit()
    }

    /// One that is larger than all the room passes alone.
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

    /// Ends a wait; false if there is none of that id.
    @discardableResult
    private func refuse(_ id: Int) -> Bool {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
        // What waited behind it may be smaller.
        if waiter != nil { admit() }
        return waiter != nil
    }
}
