/// A table bounded in its whole cost and in each owner's share of it, which forgets what was stored
/// longest ago.
///
/// What is in use is stored anew again and again, so the oldest is also the least used; and no owner
/// can push out another's entries by storing many of its own.
package struct BoundedStore<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        var value: Value
        var cost: Int
        var owner: String
        var keepUntil: Duration
        /// Tells this entry from earlier ones of the same key in a queue.
        var number: UInt64
    }

    private struct Queued: Sendable {
        var key: Key
        var number: UInt64
    }

    private struct Share: Sendable {
        var cost = 0
        var count = 0
        var queue: [Queued] = []
        /// Where the queue begins.
        var head = 0
    }

    /// The largest sum of costs.
    let capacity: Int
    /// The largest sum of one owner's costs.
    let share: Int
    package private(set) var cost = 0
    private var entries: [Key: Entry] = [:]
    private var shares: [String: Share] = [:]
    private var nextNumber: UInt64 = 0

    /// Each owner may fill a quarter of `capacity`.
    package init(capacity: Int) {
        self.capacity = capacity
        share = capacity / 4
    }

    package var count: Int { entries.count }

    package subscript(key: Key) -> Value? { entries[key]?.value }

    /// Replaces a stored value in place, as old as it was.
    mutating func update(_ key: Key, _ change: (inout Value) -> Void) {
        guard let index = entries.index(forKey: key) else { return }
        change(&entries.values[index].value)
    }

    /// Stores `value`, or nothing when it alone is more than a share. Returns how many others had to go.
    @discardableResult
    package mutating func store(_ key: Key, _ value: Value, cost: Int, owner: String, keepUntil: Duration) -> Int {
        remove(key)
        guard cost <= share else { return 0 }
        var evicted = 0
        while (shares[owner]?.cost ?? 0) + cost > share, removeOldest(of: owner) { evicted += 1 }
        while self.cost + cost > capacity, let largest = shares.max(by: { $0.value.cost < $1.value.cost })?.key,
            removeOldest(of: largest)
        { evicted += 1 }
        nextNumber += 1
        entries[key] = Entry(value: value, cost: cost, owner: owner, keepUntil: keepUntil, number: nextNumber)
        self.cost += cost
        shares[owner, default: Share()].cost += cost
        shares[owner]?.count += 1
        shares[owner]?.queue.append(Queued(key: key, number: nextNumber))
        compact(owner)
        return evicted
    }

    @discardableResult
    package mutating func remove(_ key: Key) -> Bool {
        guard let entry = entries.removeValue(forKey: key) else { return false }
        cost -= entry.cost
        shares[entry.owner]?.cost -= entry.cost
        shares[entry.owner]?.count -= 1
        if shares[entry.owner]?.count == 0 { shares[entry.owner] = nil }
        return true
    }

    mutating func removeAll(where condition: (Key, Value) -> Bool) {
        for (key, entry) in entries where condition(key, entry.value) { remove(key) }
    }

    /// Forgets what need not be kept any more.
    package mutating func sweep(now: Duration) {
        for (key, entry) in entries where entry.keepUntil <= now { remove(key) }
    }

    private mutating func removeOldest(of owner: String) -> Bool {
        while var share = shares[owner], share.head < share.queue.count {
            let oldest = share.queue[share.head]
            share.head += 1
            shares[owner]?.head = share.head
            if entries[oldest.key]?.number == oldest.number { return remove(oldest.key) }
        }
        return false
    }

    /// Takes what is gone out of the owner's queue, often enough that it stays as short as the table.
    private mutating func compact(_ owner: String) {
        guard let share = shares[owner], share.queue.count > 2 * share.count + 64 else { return }
        shares[owner]?.queue = share.queue[share.head...].filter { entries[$0.key]?.number == $0.number }
        shares[owner]?.head = 0
    }
}
