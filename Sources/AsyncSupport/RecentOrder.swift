/// The order of a `RecentMap`'s entries by position: their costs and owners, and the order of use for each owner.
@usableFromInline
struct RecentOrder: Sendable {
    /// There are tens of thousands of entries, so the numbers are small. 32 bits suffice for positions and owners:
    /// more entries would take over 100 GB.
    private struct Entry: Sendable {
        var cost = 0
        /// The time in `positionsToSweep` at which the entry is removed, in seconds.
        var keepUntil = Double.infinity
        /// The index of the owner in `owners`; -1 at free positions.
        var owner: Int32 = -1
        /// The neighbours in the list of the owner's entries, by position; -1 if it has none.
        var older: Int32 = -1
        var newer: Int32 = -1
    }

    private struct Owner: Sendable {
        var name: String
        var cost = 0
        var oldest = -1
        var newest = -1
    }

    /// The sum of costs.
    @usableFromInline private(set) var cost = 0
    private var entries: [Entry] = []
    private var freeEntries: [Int] = []
    /// The owners. One without entries has the cost 0 and an empty name.
    private var owners: [Owner] = []
    private var freeOwners: [Int] = []
    private var ownersByName: [String: Int] = [:]

    @usableFromInline init() {}

    /// Makes the entry the newest one of its owner.
    @usableFromInline mutating func touch(_ position: Int) {
        guard entries[position].newer >= 0 else { return }
        unlink(position)
        link(position)
    }

    /// Returns a position for a new entry, which is the newest one of its owner.
    @usableFromInline mutating func insert(cost: Int, owner name: String, keepUntil: Duration?) -> Int {
        let owner = ownersByName[name] ?? add(name)
        let position = freeEntries.popLast() ?? entries.count
        if position == entries.count { entries.append(Entry()) }
        entries[position] = Entry(
            cost: cost, keepUntil: keepUntil?.inSeconds ?? .infinity, owner: Int32(owner))
        self.cost += cost
        owners[owner].cost += cost
        link(position)
        return position
    }

    @usableFromInline mutating func remove(_ position: Int) {
        let entry = entries[position]
        unlink(position)
        entries[position] = Entry()
        freeEntries.append(position)
        cost -= entry.cost
        let owner = Int(entry.owner)
        owners[owner].cost -= entry.cost
        guard owners[owner].newest < 0 else { return }
        ownersByName[owners[owner].name] = nil
        owners[owner] = Owner(name: "")
        freeOwners.append(owner)
    }

    /// Returns the position of the entry to remove before `name` can insert an entry of `cost`, or nil if it fits.
    @usableFromInline func positionToEvict(for cost: Int, of name: String, capacity: Int, ownerShare: Int) -> Int? {
        let own = ownersByName[name].map { owners[$0] }
        if let own, own.cost + cost > ownerShare { return own.oldest }
        guard self.cost + cost > capacity, let largest = owners.max(by: { $0.cost < $1.cost }), largest.oldest >= 0
        else { return nil }
        // Of two equal shares, the one that grows loses an entry.
        if let own, own.cost + cost > largest.cost { return own.oldest }
        return largest.oldest
    }

    @usableFromInline func positionsToSweep(now: Duration) -> [Int] {
        let now = now.inSeconds
        return entries.indices.filter { entries[$0].owner >= 0 && entries[$0].keepUntil <= now }
    }

    private mutating func add(_ name: String) -> Int {
        let owner = freeOwners.popLast() ?? owners.count
        if owner == owners.count { owners.append(Owner(name: name)) } else { owners[owner] = Owner(name: name) }
        ownersByName[name] = owner
        return owner
    }

    // MARK: - The list of an owner's entries, from the oldest to the newest

    private mutating func link(_ position: Int) {
        let owner = Int(entries[position].owner)
        let before = owners[owner].newest
        entries[position].older = Int32(before)
        entries[position].newer = -1
        if before >= 0 { entries[before].newer = Int32(position) } else { owners[owner].oldest = position }
        owners[owner].newest = position
    }

    private mutating func unlink(_ position: Int) {
        let entry = entries[position]
        let owner = Int(entry.owner)
        if entry.older >= 0 {
            entries[Int(entry.older)].newer = entry.newer
        } else {
            owners[owner].oldest = Int(entry.newer)
        }
        if entry.newer >= 0 {
            entries[Int(entry.newer)].older = entry.older
        } else {
            owners[owner].newest = Int(entry.older)
        }
    }
}
