/// A map of bounded cost that forgets the entries that have not been used for the longest time.
///
/// Each entry belongs to an owner, in practice the namespace whose mount it comes from. The bounds are fair:
/// - An owner takes at most `ownerShare`. Past that, its new entries replace its own oldest ones.
/// - When the whole map is full, entries of the owner that takes most make room. So an owner that takes less than its
///   fair share, the capacity divided by the number of owners, never loses an entry to another one.
///
/// A map is a plain value: its owner uses it under its own lock.
package struct RecentMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        var key: Key
        var value: Value
        var cost: Int
        var owner: String
        /// When `sweep` removes the entry; nil for never.
        var keepUntil: Duration?
        /// The neighbours in the list of the owner's entries, by position in `entries`; -1 for none.
        var older = -1
        var newer = -1
    }

    private struct Share: Sendable {
        var cost = 0
        var oldest = -1
        var newest = -1
    }

    /// The largest sum of costs.
    package let capacity: Int
    /// The largest sum of the costs of one owner's entries.
    package let ownerShare: Int
    /// The sum of costs.
    package private(set) var cost = 0
    /// Nil at positions that are free.
    private var entries: [Entry?] = []
    private var free: [Int] = []
    private var positions: [Key: Int] = [:]
    private var shares: [String: Share] = [:]

    /// `ownerShare` is a quarter of `capacity` by default.
    package init(capacity: Int, ownerShare: Int? = nil) {
        self.capacity = capacity
        self.ownerShare = ownerShare ?? capacity / 4
    }

    package var count: Int { positions.count }

    /// All entries, in no particular order.
    package var all: some Sequence<(key: Key, value: Value)> {
        entries.lazy.compactMap { $0 }.map { (key: $0.key, value: $0.value) }
    }

    /// The value of `key`. Looking at an entry is not a use of it.
    package subscript(key: Key) -> Value? { positions[key].flatMap { entries[$0]?.value } }

    /// The value of `key`, whose entry counts as used now.
    package mutating func use(_ key: Key) -> Value? {
        guard let position = positions[key] else { return nil }
        touch(position)
        return entries[position]?.value
    }

    /// Changes the value of `key`, if there is one. This is not a use of the entry.
    package mutating func update(_ key: Key, _ change: (inout Value) -> Void) {
        guard let position = positions[key], var entry = entries[position] else { return }
        // The map must not hold the value while it is changed, or the change would copy it.
        entries[position] = nil
        change(&entry.value)
        entries[position] = entry
    }

    /// Stores `value` as the latest entry, in place of an earlier one of `key`. It stores nothing if `cost` is larger
    /// than a share. Returns the number of entries of other keys that made room.
    @discardableResult
    package mutating func store(
        _ key: Key, _ value: Value, cost: Int = 1, owner: String, keepUntil: Duration? = nil
    ) -> Int {
        remove(key)
        guard cost <= ownerShare else { return 0 }
        var evicted = 0
        while let loser = loser(to: owner, cost), let oldest = shares[loser]?.oldest, oldest >= 0 {
            remove(at: oldest)
            evicted += 1
        }
        let entry = Entry(key: key, value: value, cost: cost, owner: owner, keepUntil: keepUntil)
        let position = free.popLast() ?? entries.count
        if position == entries.count { entries.append(entry) } else { entries[position] = entry }
        positions[key] = position
        self.cost += cost
        shares[owner, default: Share()].cost += cost
        link(position, owner)
        return evicted
    }

    @discardableResult
    package mutating func remove(_ key: Key) -> Bool {
        guard let position = positions[key] else { return false }
        remove(at: position)
        return true
    }

    package mutating func removeAll(where condition: (Key, Value) -> Bool) {
        for (position, entry) in entries.enumerated() {
            if let entry, condition(entry.key, entry.value) { remove(at: position) }
        }
    }

    /// Removes the entries whose time is over.
    package mutating func sweep(now: Duration) {
        for (position, entry) in entries.enumerated() {
            if let end = entry?.keepUntil, end <= now { remove(at: position) }
        }
    }

    // MARK: - Eviction

    /// The owner whose oldest entry must go before `owner` may store an entry of `cost`; nil if there is room.
    private func loser(to owner: String, _ cost: Int) -> String? {
        let own = shares[owner]?.cost ?? 0
        if own > 0, own + cost > ownerShare { return owner }
        guard self.cost + cost > capacity, let largest = shares.max(by: { $0.value.cost < $1.value.cost })
        else { return nil }
        // Of equal shares, the one that grows makes room.
        return own > 0 && own + cost > largest.value.cost ? owner : largest.key
    }

    // MARK: - The list of an owner's entries, from the oldest to the newest

    private mutating func touch(_ position: Int) {
        guard let entry = entries[position], entry.newer >= 0 else { return }
        unlink(entry)
        link(position, entry.owner)
    }

    private mutating func link(_ position: Int, _ owner: String) {
        let before = shares[owner]?.newest ?? -1
        entries[position]?.older = before
        entries[position]?.newer = -1
        if before >= 0 { entries[before]?.newer = position } else { shares[owner]?.oldest = position }
        shares[owner]?.newest = position
    }

    private mutating func unlink(_ entry: Entry) {
        let (older, newer) = (entry.older, entry.newer)
        if older >= 0 { entries[older]?.newer = newer } else { shares[entry.owner]?.oldest = newer }
        if newer >= 0 { entries[newer]?.older = older } else { shares[entry.owner]?.newest = older }
    }

    private mutating func remove(at position: Int) {
        guard let entry = entries[position] else { return }
        unlink(entry)
        entries[position] = nil
        free.append(position)
        positions[entry.key] = nil
        cost -= entry.cost
        shares[entry.owner]?.cost -= entry.cost
        if shares[entry.owner]?.newest == -1 { shares[entry.owner] = nil }
    }
}
