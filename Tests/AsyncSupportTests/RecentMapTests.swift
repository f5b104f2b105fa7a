import AsyncSupport
import TestSupport
import Testing

@Suite("A map of recently used entries")
struct RecentMapTests {
    private typealias Map = RecentMap<Int, String>

    @Test("the least recently used entry makes room")
    func order() {
        var map = Map(capacity: 40)
        for key in 0..<10 { map.store(key, "v", owner: "a") }
        map.store(0, "again", owner: "a")
        #expect(map.use(1) == "v")
        // Reading an entry with the subscript does not count as a use.
        #expect(map[2] == "v")
        map.store(10, "v", owner: "a")
        #expect(map[2] == nil)
        #expect(map[0] == "again")
        #expect(map[1] == "v")
        #expect(map.count == 10)
    }

    @Test("one owner cannot evict the entries of another")
    func fairness() {
        var map = Map(capacity: 100)
        map.store(-1, "mine", cost: 10, owner: "quiet")
        for key in 0..<1000 { map.store(key, "x", cost: 5, owner: "loud") }
        #expect(map[-1] == "mine")
        #expect(map.cost == 35)
        for owner in 0..<50 { map.store(5000 + owner, "x", cost: 10, owner: "\(owner)") }
        #expect(map.cost <= 100)
    }

    @Test("an owner below its fair share keeps its entries when many others fill the map")
    func fairShare() {
        var map = Map(capacity: 100)
        for key in 0..<9 { map.store(-1 - key, "mine", owner: "quiet") }
        for key in 0..<10_000 { map.store(key, "x", owner: "loud \(key % 9)") }
        #expect((0..<9).allSatisfy { map[-1 - $0] == "mine" })
        #expect(map.cost == 100)
        // A later owner gets its share too. Among owners of equal size, the one that grows makes room.
        for key in 20_000..<21_000 { map.store(key, "late", owner: "late") }
        #expect((0..<9).allSatisfy { map[-1 - $0] == "mine" })
        #expect(map.all.count { $0.value == "late" } >= 9)
    }

    @Test("an entry that is larger than a share is not kept, and the entry that it replaces is removed")
    func large() {
        var map = Map(capacity: 40)
        map.store(1, "small", owner: "a")
        map.store(1, "large", cost: 11, owner: "a")
        #expect(map[1] == nil)
        #expect(map.cost == 0)
        var shared = Map(capacity: 40, ownerShare: 20)
        shared.store(1, "large", cost: 20, owner: "a")
        #expect(shared[1] == "large")
    }

    @Test("a sweep removes expired entries")
    func sweep() {
        var map = Map(capacity: 40)
        map.store(1, "a", owner: "a", keepUntil: .seconds(5))
        map.store(2, "b", owner: "b", keepUntil: .seconds(6))
        map.store(3, "c", owner: "b")
        map.sweep(now: .seconds(5))
        #expect(map.all.map(\.value).sorted() == ["b", "c"])
    }

    @Test("sizes and order stay correct after any sequence of operations", arguments: 0..<20)
    func consistency(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var map = Map(capacity: 200)
        var costs: [Int: Int] = [:]
        // The keys of each owner, in the order of their use.
        var recent: [Int: [Int]] = [:]
        for step in 0..<2000 {
            let key = Int.random(in: 0..<60, using: &random)
            let owner = key % 7
            recent[owner]?.removeAll { $0 == key }
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let cost = Int.random(in: 1...60, using: &random)
                map.store(key, "\(step)", cost: cost, owner: "\(owner)", keepUntil: .seconds(step + 50))
                costs[key] = cost
                #expect(map[key] == (cost <= 50 ? "\(step)" : nil))
                if cost <= 50 { recent[owner, default: []].append(key) }
            case 2:
                if map.use(key) != nil { recent[owner, default: []].append(key) }
            default:
                map.remove(key)
                #expect(map[key] == nil)
            }
            if step.isMultiple(of: 100) { map.sweep(now: .seconds(step)) }
            let present = (0..<60).filter { map[$0] != nil }
            #expect(map.count == present.count)
            #expect(map.cost == present.reduce(0) { $0 + (costs[$1] ?? 0) })
            #expect(map.cost <= 200)
            for (owner, keys) in recent {
                let left = step.isMultiple(of: 100) ? keys.filter { map[$0] != nil }[...] : keys.drop { map[$0] == nil }
                #expect(left.allSatisfy { map[$0] != nil }, "an owner keeps what it used last")
                recent[owner] = Array(left)
            }
        }
    }

    private struct Colliding: Hashable {
        var number: Int
        /// The number of different hashes.
        var hashes: Int

        func hash(into hasher: inout Hasher) {
            hasher.combine(number % hashes)
        }
    }

    @Test("keys with the same hash are different keys", arguments: [1, 3, 50, 1000])
    func collisions(hashes: Int) {
        var random = SeededRandom(seed: UInt64(hashes))
        var map = RecentMap<Colliding, Int>(capacity: 10_000, ownerShare: 10_000)
        var expected: [Colliding: Int] = [:]
        for step in 0..<6000 {
            // It grows, then shrinks, then is mixed.
            let adds = step < 1000 ? 3 : step < 2000 ? 1 : 2
            let key = Colliding(number: Int.random(in: 0..<300, using: &random), hashes: hashes)
            if Int.random(in: 0..<4, using: &random) < adds {
                map.store(key, step, owner: "a")
                expected[key] = step
            } else {
                #expect(map.remove(key) == (expected.removeValue(forKey: key) != nil))
            }
            let other = Colliding(number: Int.random(in: 0..<300, using: &random), hashes: hashes)
            #expect(map[other] == expected[other])
        }
        #expect(map.count == expected.count)
        #expect(Dictionary(map.all.map { ($0.key, $0.value) }) { first, _ in first } == expected)
        map.removeAll { _, _ in true }
        #expect(map.count == 0)
        #expect(expected.keys.allSatisfy { map[$0] == nil })
    }
}
