/// A map with a limited total cost, which drops the entries that have not been used for the longest time.
///
/// Each entry belongs to an owner, which is usually the namespace whose mount created it. The limits are fair:
/// - An owner can use at most `ownerShare`. When it reaches this limit, its new entries replace its own oldest ones.
/// - When the whole map is full, entries of the owner with the highest cost are dropped. An owner that uses less than
///   its fair share, which is the capacity divided by the number of owners, therefore never loses an entry to another
///   owner.
///
/// A map is a plain value. The type that contains it uses it under its own lock.
///
/// Every mount looks up each of its objects in such maps. The type is therefore public, which lets the compiler
/// specialize it for other modules (it does not do so for `package` types), and integers order the entries.
public struct RecentMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// The maximum sum of costs.
    public let capacity: Int
    /// The maximum sum of the costs of one owner's entries.
    public let ownerShare: Int
    /// The position of each key in `keys` and `values`, and in `order`.
    @usableFromInline var index = HashIndex()
    /// The keys by position; nil at free positions.
    @usableFromInline var keys: [Key?] = []
    @usableFromInline var values: [Value?] = []
    @usableFromInline var order = RecentOrder()

    /// Creates a map. By default, `ownerShare` is a quarter of `capacity`.
    @inlinable public init(capacity: Int, ownerShare: Int? = nil) {
        self.capacity = capacity
        self.ownerShare = ownerShare ?? capacity / 4
    }

    @inlinable public var count: Int { index.count }

    /// The sum of costs.
    @inlinable public var cost: Int { order.cost }

    /// All entries, in no particular order.
    @inlinable public var all: [(key: Key, value: Value)] {
        zip(keys, values).compactMap { key, value in
            if let key, let value { (key, value) } else { nil }
        }
    }

    /// Calls `body` with each key, in no particular order, without a copy of the entries.
    @inlinable public func forEachKey(_ body: (Key) -> Void) {
        for case let key? in keys { body(key) }
    }

    /// The value of `key`. Reading it does not count as a use of the entry.
    @inlinable public subscript(key: Key) -> Value? { position(of: key).flatMap { values[$0] } }

    /// Returns the value of `key`, and counts this as a use of the entry.
    @inlinable public mutating func use(_ key: Key) -> Value? {
        guard let position = position(of: key) else { return nil }
        order.touch(position)
        return values[position]
    }

    /// Changes the value of `key`, if it exists. This does not count as a use of the entry.
    @inlinable public mutating func update(_ key: Key, _ change: (inout Value) -> Void) {
        guard let position = position(of: key), var value = values[position] else { return }
        // The value is removed from the map while it is changed, because changing it in place would copy it.
        values[position] = nil
        change(&value)
        values[position] = value
    }

    /// Stores `value` as the latest entry, and replaces an earlier one of `key`. It stores nothing if `cost` is larger
    /// than an owner's share. Returns the number of entries of other keys that were dropped.
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
        index.insert(position, key.hashValue)
        return evicted
    }

    @discardableResult
    @inlinable public mutating func remove(_ key: Key) -> Bool {
        guard let position = position(of: key) else { return false }
        remove(at: position)
        return true
    }

    @inlinable public mutating func removeAll(where condition: (Key, Value) -> Bool) {
        for position in keys.indices {
            if let key = keys[position], let value = values[position], condition(key, value) { remove(at: position) }
        }
    }

    /// Removes the entries whose `keepUntil` has passed.
    @inlinable public mutating func sweep(now: Duration) {
        for position in order.positionsToSweep(now: now) { remove(at: position) }
    }

    @inlinable mutating func remove(at position: Int) {
        guard let key = keys[position] else { return }
        keys[position] = nil
        values[position] = nil
        index.remove(position, key.hashValue)
        order.remove(position)
    }

    @inlinable func position(of key: Key) -> Int? {
        index.find(key.hashValue) { keys[$0] == key }
    }
}
