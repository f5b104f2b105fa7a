import AsyncSupport
import Testing

@Suite("A queue in which owners take turns", .timeLimit(.minutes(1)))
struct FairQueueTests {
    @Test("owners take turns, and the elements of one owner keep their order")
    func turns() {
        var queue = FairQueue<String>()
        for index in 0..<3 { queue.append("a\(index)", of: "a") }
        queue.append("b0", of: "b")
        #expect(queue.popFirst() == "a0")
        queue.append("c0", of: "c")
        queue.append("b1", of: "b")
        #expect((0..<5).map { _ in queue.popFirst() } == ["b0", "a1", "c0", "b1", "a2"])
        #expect(queue.isEmpty)
        #expect(queue.popFirst() == nil)
    }

    @Test("an element that is put back is next")
    func prepend() {
        var queue = FairQueue<String>()
        for owner in ["a", "b"] { queue.append("\(owner)0", of: owner) }
        queue.prepend("b-", of: "b")
        #expect((0..<3).map { _ in queue.popFirst() } == ["b-", "a0", "b0"])
    }

    @Test("the owner with the most elements makes room, and only for an owner with fewer")
    func room() {
        var queue = FairQueue<String>()
        for index in 0..<3 { queue.append("a\(index)", of: "a") }
        #expect(queue.popLast(inFavorOf: "b") == "a2")
        queue.append("b0", of: "b")
        #expect(queue.popLast(inFavorOf: "b") == nil)
        #expect(queue.popLast(inFavorOf: "a") == nil)
        #expect(queue.count(of: "a") == 2)
    }

    @Test("blocked owners are skipped, and keep their turns")
    func conditions() {
        var queue = FairQueue<String>()
        for owner in ["a", "b", "c"] { queue.append("\(owner)0", of: owner) }
        #expect(queue.popFirst { $0 == "b" }?.element == "b0")
        #expect(queue.popFirst { $0 == "b" } == nil)
        #expect((0..<2).map { _ in queue.popFirst { _ in true }?.owner } == ["a", "c"])
        #expect(queue.isEmpty)
    }

    @Test("an owner whose elements are all removed does not get a turn")
    func removal() {
        var queue = FairQueue<Int>()
        for (index, owner) in ["a", "b", "a", "c"].enumerated() { queue.append(index, of: owner) }
        queue.removeAll { $0 < 2 }
        #expect(queue.count == 2)
        #expect((0..<2).map { _ in queue.popFirst() } == [2, 3])
        #expect(queue.isEmpty)
    }

    @Test("waiting tasks of blocked owners are skipped, and the tasks of one owner keep their order")
    func waiters() async {
        var queue = FairWaiterQueue<Int, Int>()
        let waiters = [queue.append(9, of: "a"), queue.append(1, of: "a"), queue.append(2, of: "b")]
        #expect(queue.popFirst { $1 < 5 }?.owner == "b")
        #expect(queue.popFirst { $1 < 5 } == nil)
        #expect(queue.contains("a") && !queue.contains("b"))
        let claim = queue.popFirst { owner, _ in owner == "a" }?.claim
        claim?.resume(returning: 7)
        #expect(await waiters[0].value() == 7)
        #expect(queue.count == 1)
    }

    @Test("cancelled tasks do not use up a turn")
    func ended() async {
        var queue = FairWaiterQueue<Int, Int>()
        for owner in ["a", "b"] {
            let waiter = queue.append(0, of: owner)
            #expect(await waiter.value(timeout: .zero) == nil)
        }
        let waiter = queue.append(1, of: "b")
        #expect(queue.popFirst()?.claim.tag == 1)
        #expect(queue.isEmpty)
        withExtendedLifetime(waiter) {}
    }
}
