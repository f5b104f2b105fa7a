/// The positions of a table's keys, by the hash of each key.
///
/// The table keeps its keys itself, and this index takes eight bytes for each place. A dictionary would keep each key a
/// second time. A place holds half of the hash and the position; the first place to try follows from the hash, and the
/// next ones follow it. The hashes must come from Swift's `Hasher`, whose seed is random for each process, so that a
/// tenant cannot choose keys with the same hash.
@usableFromInline
struct HashIndex: Sendable {
    /// The upper half is the hash, and the lower half is the position plus one. A free place is 0. The number of places
    /// is 0 or a power of two, and at least a quarter of them is free.
    @usableFromInline var places: [UInt64] = []
    @usableFromInline private(set) var count = 0

    @usableFromInline init() {}

    /// Returns the position of a key with this hash that `isSame` accepts.
    @inlinable func find(_ hash: Int, where isSame: (Int) -> Bool) -> Int? {
        guard !places.isEmpty else { return nil }
        let half = UInt64(UInt32(truncatingIfNeeded: hash))
        var place = first(half)
        while places[place] != 0 {
            let position = Self.position(places[place])
            if places[place] >> 32 == half, isSame(position) { return position }
            place = next(place)
        }
        return nil
    }

    /// Adds a position whose key is not in the index yet. There can be at most 2³² − 1 positions.
    @usableFromInline mutating func insert(_ position: Int, _ hash: Int) {
        if (count + 1) * 4 > places.count * 3 { grow() }
        add(UInt64(UInt32(truncatingIfNeeded: hash)) << 32 | UInt64(position + 1))
        count += 1
    }

    /// Removes a position that was inserted with this hash.
    @usableFromInline mutating func remove(_ position: Int, _ hash: Int) {
        let removed = UInt64(UInt32(truncatingIfNeeded: hash)) << 32 | UInt64(position + 1)
        var free = first(removed >> 32)
        while places[free] != removed {
            // This can only be a bug in this process, and no input can cause it: the map removes what it has found, and
            // the hash of a key never changes. The search would not end.
            precondition(places[free] != 0, "the position is not in the index")
            free = next(free)
        }
        // A search ends at a free place, so the entries that follow move up, unless that is before their first place.
        var place = next(free)
        while places[place] != 0 {
            let distance = (place &- first(places[place] >> 32)) & (places.count - 1)
            if distance >= (place &- free) & (places.count - 1) {
                places[free] = places[place]
                free = place
            }
            place = next(place)
        }
        places[free] = 0
        count -= 1
    }

    private mutating func add(_ entry: UInt64) {
        var place = first(entry >> 32)
        while places[place] != 0 { place = next(place) }
        places[place] = entry
    }

    private mutating func grow() {
        let entries = places
        places = Array(repeating: 0, count: max(4, entries.count * 2))
        for entry in entries where entry != 0 { add(entry) }
    }

    @inlinable func first(_ half: UInt64) -> Int { Int(truncatingIfNeeded: half) & (places.count - 1) }

    @inlinable func next(_ place: Int) -> Int { (place + 1) & (places.count - 1) }

    @inlinable static func position(_ entry: UInt64) -> Int { Int(truncatingIfNeeded: entry & 0xffff_ffff) - 1 }
}
