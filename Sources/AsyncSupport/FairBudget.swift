internal import Synchronization

/// A bounded budget, such as bytes or places, of which each owner, in practice a namespace, has a share.
///
/// An owner that takes nothing is always admitted, however much it wants and whatever others take. So an owner waits
/// for itself alone, unless several owners together have taken the whole budget: then each of them has one thing going.
package final class FairBudget: Sendable {
    private struct State {
        var used = 0
        var usedByOwner: [String: Int] = [:]
        /// Tagged with the cost.
        var queue = FairWaiterQueue<Int, Void>()

        mutating func add(_ cost: Int, _ owner: String) {
            used += cost
            usedByOwner[owner, default: 0] += cost
        }
    }

    private let capacity: Int
    private let ownerShare: Int
    private let state = Mutex(State())

    package init(capacity: Int, ownerShare: Int) {
        self.capacity = capacity
        self.ownerShare = ownerShare
    }

    /// Acquires `cost`, which the caller gives back with `release`. Returns false, without acquiring anything, if the
    /// owner would have to wait.
    package func tryAcquire(_ cost: Int, for owner: String) -> Bool {
        state.withLock { state in
            guard !state.queue.contains(owner), fits(cost, owner, state.used, state.usedByOwner[owner]) else {
                return false
            }
            state.add(cost, owner)
            return true
        }
    }

    /// Acquires `cost`, which the caller gives back with `release`, after the owner's earlier calls. Returns false,
    /// without acquiring anything, if that takes longer than `timeout` or if the task is cancelled.
    package func acquire(_ cost: Int, for owner: String, timeout: Duration? = nil) async -> Bool {
        if tryAcquire(cost, for: owner) { return true }
        let waiter = state.withLock { $0.queue.append(cost, of: owner) }
        // What it waits for may have been given back since.
        admit()
        if await waiter.value(timeout: timeout) != nil { return true }
        // The owner's next may want less.
        admit()
        return false
    }

    /// Gives back `cost` that was acquired.
    package func release(_ cost: Int, for owner: String) {
        state.withLock { state in
            state.add(-cost, owner)
            if state.usedByOwner[owner] == 0 { state.usedByOwner[owner] = nil }
        }
        admit()
    }

    /// The number of calls that wait.
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
