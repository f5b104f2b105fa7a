internal import Synchronization

/// A limited budget, such as bytes or places, with a share for each owner, which is usually a namespace.
///
/// An owner without acquired cost is always admitted, regardless of the size of its request and of other owners. An
/// owner therefore waits only for itself, unless several owners together use the whole budget; each of them can then
/// have one request at a time. All members can be used from any thread.
package final class FairBudget: Sendable {
    private struct State {
        var used = 0
        var usedByOwner: [String: Int] = [:]
        /// The waiting calls, each with its cost.
        var queue = FairWaiterQueue<Int, Void>()

        mutating func add(_ cost: Int, _ owner: String) {
            used += cost
            usedByOwner[owner, default: 0] += cost
        }
    }

    private let capacity: Int
    private let ownerShare: Int
    private let state = Mutex(State())

    /// Creates a budget of `capacity`, of which each owner can use `ownerShare`, in the unit of the costs.
    package init(capacity: Int, ownerShare: Int) {
        self.capacity = capacity
        self.ownerShare = ownerShare
    }

    /// Acquires `cost` without waiting. The caller must return it with `release`. Returns false, without acquiring
    /// anything, if the owner would have to wait.
    package func tryAcquire(_ cost: Int, for owner: String) -> Bool {
        state.withLock { state in
            guard !state.queue.contains(owner), fits(cost, owner, state.used, state.usedByOwner[owner]) else {
                return false
            }
            state.add(cost, owner)
            return true
        }
    }

    /// Acquires `cost` after the owner's earlier calls. The caller must return it with `release`. Returns false,
    /// without acquiring anything, if `timeout` passes first or if the task is cancelled.
    package func acquire(_ cost: Int, for owner: String, timeout: Duration? = nil) async -> Bool {
        if tryAcquire(cost, for: owner) { return true }
        let waiter = state.withLock { $0.queue.append(cost, of: owner) }
        // The awaited cost may have been released in the meantime.
        admit()
        if await waiter.value(timeout: timeout) != nil { return true }
        // The owner's next call may need less.
        admit()
        return false
    }

    /// Returns `cost` that was acquired.
    package func release(_ cost: Int, for owner: String) {
        state.withLock { state in
            state.add(-cost, owner)
            if state.usedByOwner[owner] == 0 { state.usedByOwner[owner] = nil }
        }
        admit()
    }

    /// The number of waiting calls.
    package var waiting: Int { state.withLock { $0.queue.count } }

    private func fits(_ cost: Int, _ owner: String, _ used: Int, _ own: Int?) -> Bool {
        guard let own else { return true }
        return own + cost <= ownerShare && used + cost <= capacity
    }

    private func admit() {
        let claims = state.withLock { state in
            var claims: [WaiterClaim<Int, Void>] = []
            while true {
                let (used, usedByOwner) = (state.used, state.usedByOwner)
                let next = state.queue.popFirst { owner, cost in fits(cost, owner, used, usedByOwner[owner]) }
                guard let (claim, owner) = next else { return claims }
                state.add(claim.tag, owner)
                claims.append(claim)
            }
        }
        for claim in claims { claim.resume(returning: ()) }
    }
}
