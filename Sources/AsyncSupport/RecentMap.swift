/// A map of bounded cost that forgets the entries that have not been used for the longest time.
///
/// Each entry belongs to an owner, in practice the namespace whose mount it comes from. The bounds are fair:
/// - An owner takes at most `ownerShare`. Past that, its new entries replace its own oldest ones.
/// - When the whole map is full, entries of the owner that takes most make room. So an owner that takes less than its
///   fair share, the capacity divided by the number of owners, never loses an entry to another one.
///
/// A map is a plain value: its owner uses it under its own lock.
///
/// Every mount looks into such maps for each of its objects. So the code is public, which lets the compiler specialize it
/// for other modules (it does so for nothing of `package` level), and what orders the entries are integers.
public struct RecentMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// The largest sum of costs.
    public let capacity: Int
    /// The largest sum of the costs of one owner's entries.
    public let ownerShare: Int
    /// The position of each key in `keys` and `values`, and in `order`.
    @usableFromInline var positions: [Key: Int] = [:]
    /// Nil at positions that are free.
    @usableFromInline var keys: [Key?] = []
    @usableFromInline var values: [Value?] = []
    @usableFromInline var order = RecentOrder()

    /// `ownerShare` is a quarter of `capacity` by default.
    @inlinable public init(capacity: Int, ownerShare: Int? = nil) {
        self.capacity = capacity
        self.ownerShare = ownerShare ?? capacity / 4
    }

    @inlinable public var count: Int { positions.count }

    /// The sum of costs.
    @inlinable public var cost: Int { order.cost }

    /// All entries, in no particular order.
    @inlinable public var all: [(key: Key, value: Value)] {
        positions.compactMap { key, position in values[position].map { (key, $0) } }
    }

    /// The value of `key`. Looking at an entry is not a use of it.
    @inlinable public subscript(key: Key) -> Value? { positions[key].flatMap { values[$0] } }

    /// The value of `key`, whose entry counts as used now.
    @inlinable public mutating func use(_ key: Key) -> Value? {
        guard let position = positions[key] else { return nil }
        order.touch(position)
        return values[position]
    }

    /// Changes the value of `key`, if there is one. This is not a use of the entry.
    @inlinable public mutating func update(_ key: Key, _ change: (inout Value) -> Void) {
        guard let position = positions[key], var value = values[position] else { return }
        // The map must not hold the value while it is changed, or the change would copy it.
        values[position] = nil
        change(&value)
        values[position] = value
    }

    /// Stores `value` as the latest entry, in place of an earlier one of `key`. It stores nothing if `cost` is larger
    /// than a share. Returns the number of entries of other keys that made room.
    @discardableResult
    @inlinable public mutating func store(
        _ key: Key, _ value: Value, cost: Int = 1, owner: String, keepUntil: Duration? = nil
    ) -> Int {
        remove(key)
        guard cost <= ownerShare else { return 0 }
        var evicted = 0
        while let position = order.positionToEvict(for: cost, of: owner, capacity: capacity, ownerShare: ownerShare) {
            remove(at: position)
            evicted += 1
        }
        let position = order.insert(cost: cost, owner: owner, keepUntil: keepUntil)
        if position == keys.count {
            keys.append(key)
            values.append(value)
        } else {
            keys[position] = key
            values[position] = value
        }
        positions[key] = position
        return evicted
    }

    @discardableResult
    @inlinable public mutating func remove(_ key: Key) -> Bool {
        guard let position = positions[key] else { return false }
        remove(at: position)
        return true
    }

    @inlinable public mutating func removeAll(where condition: (Key, Value) -> Bool) {
        for (key, position) in positions {
            if let value = values[position], condition(key, value) { remove(at: position) }
        }
    }

    /// Removes the entries whose time is over.
    @inlinable public mutating func sweep(now: Duration) {
        for position in order.positionsToSweep(now: now) { remove(at: position) }
    }

    @inlinable mutating func remove(at position: Int) {
        guard let key = keys[position] else { return }
        keys[position] = nil
        values[position] = nil
        positions[key] = nil
        order.remove(position)
    }
}
