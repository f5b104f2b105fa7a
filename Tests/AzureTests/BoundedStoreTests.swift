import Azure
import TestSupport
import Testing

@Suite("The bounded store")
struct BoundedStoreTests {
    private typealias Store = BoundedStore<Int, String>

    @Test("forgets what was stored longest ago, and what is stored again is young")
    func order() {
        var store = Store(capacity: 40)
        for key in 0..<10 { store.store(key, "v", cost: 1, owner: "a", keepUntil: .seconds(9)) }
        store.store(0, "again", cost: 1, owner: "a", keepUntil: .seconds(9))
        store.store(10, "v", cost: 1, owner: "a", keepUntil: .seconds(9))
        #expect(store[1] == nil)
        #expect(store[0] == "again")
        #expect(store[10] == "v")
        #expect(store.count == 10)
    }

    @Test("lets no owner push out another's")
    func fairness() {
        var store = Store(capacity: 100)
        store.store(-1, "mine", cost: 10, owner: "quiet", keepUntil: .seconds(9))
        for key in 0..<1000 { store.store(key, "x", cost: 5, owner: "loud", keepUntil: .seconds(9)) }
        #expect(store[-1] == "mine")
        #expect(store.cost == 35)
        for owner in 0..<50 { store.store(5000 + owner, "x", cost: 10, owner: "\(owner)", keepUntil: .seconds(9)) }
        #expect(store.cost <= 100)
    }

    @Test("does not keep what is larger than a share, and forgets what it replaces")
    func large() {
        var store = Store(capacity: 40)
        store.store(1, "small", cost: 1, owner: "a", keepUntil: .seconds(9))
        store.store(1, "large", cost: 11, owner: "a", keepUntil: .seconds(9))
        #expect(store[1] == nil)
        #expect(store.cost == 0)
    }

    @Test("forgets what need not be kept")
    func sweep() {
        var store = Store(capacity: 40)
        store.store(1, "a", cost: 1, owner: "a", keepUntil: .seconds(5))
        store.store(2, "b", cost: 1, owner: "b", keepUntil: .seconds(6))
        store.sweep(now: .seconds(5))
        #expect(store[1] == nil)
        #expect(store[2] == "b")
    }

    @Test("keeps its books under any sequence of operations", arguments: 0..<20)
    func books(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var store = Store(capacity: 200)
        var costs: [Int: Int] = [:]
        for step in 0..<2000 {
            let key = Int.random(in: 0..<60, using: &random)
            if Bool.random(using: &random) {
                let cost = Int.random(in: 1...60, using: &random)
                store.store(key, "\(step)", cost: cost, owner: "\(key % 7)", keepUntil: .seconds(step + 50))
                costs[key] = cost
                #expect(store[key] == (cost <= 50 ? "\(step)" : nil))
            } else {
                store.remove(key)
                #expect(store[key] == nil)
            }
            if step.isMultiple(of: 100) { store.sweep(now: .seconds(step)) }
            let present = (0..<60).filter { store[$0] != nil }
            #expect(store.count == present.count)
            #expect(store.cost == present.reduce(0) { $0 + (costs[$1] ?? 0) })
            #expect(store.cost <= 200)
        }
    }
}
