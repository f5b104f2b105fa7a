import AsyncSupport
import Testing

@Suite("A budget with shares", .timeLimit(.minutes(1)))
struct FairBudgetTests {
    private let budget = FairBudget(capacity: 10, ownerShare: 5)

    @Test("an owner takes no more than its share, and goes on when it gives something back")
    func share() async {
        #expect(budget.tryAcquire(3, for: "a"))
        #expect(budget.tryAcquire(2, for: "a"))
        #expect(!budget.tryAcquire(1, for: "a"))
        #expect(await !budget.acquire(1, for: "a", timeout: .zero))
        let task = Task { [budget] in await budget.acquire(2, for: "a") }
        while budget.waiting == 0 { await Task.yield() }
        // Others go on meanwhile.
        #expect(budget.tryAcquire(5, for: "b"))
        budget.release(3, for: "a")
        #expect(await task.value)
        #expect(budget.tryAcquire(1, for: "a"))
    }

    @Test("a call waits for the earlier ones of its owner")
    func order() async {
        #expect(budget.tryAcquire(4, for: "a"))
        let large = Task { [budget] in await budget.acquire(5, for: "a") }
        while budget.waiting == 0 { await Task.yield() }
        #expect(!budget.tryAcquire(1, for: "a"))
        let small = Task { [budget] in await budget.acquire(1, for: "a") }
        while budget.waiting == 1 { await Task.yield() }
        large.cancel()
        #expect(await !large.value)
        #expect(await small.value)
    }

    @Test("an owner that takes nothing is admitted, however much it wants and others take")
    func first() async {
        for owner in ["a", "b"] { #expect(budget.tryAcquire(5, for: owner)) }
        #expect(budget.tryAcquire(50, for: "c"))
        #expect(!budget.tryAcquire(1, for: "c"))
        budget.release(50, for: "c")
        #expect(budget.tryAcquire(1, for: "c"))
        // The whole budget is taken: its second call waits.
        #expect(!budget.tryAcquire(1, for: "c"))
        budget.release(5, for: "a")
        #expect(budget.tryAcquire(1, for: "c"))
    }

    @Test("calls and cancellations that race lose nothing")
    func race() async {
        let budget = budget
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<500 {
                group.addTask {
                    let task = Task { await budget.acquire(2, for: "\(index % 3)") }
                    if index.isMultiple(of: 4) { task.cancel() }
                    if await task.value { budget.release(2, for: "\(index % 3)") }
                }
            }
        }
        #expect(budget.waiting == 0)
        for owner in ["0", "1"] { #expect(budget.tryAcquire(5, for: owner)) }
    }
}
