import AsyncSupport
import Testing

@Suite("A budget with shares", .timeLimit(.minutes(1)))
struct FairBudgetTests {
    private let budget = FairBudget(capacity: 10, ownerShare: 5)

    @Test("an owner gets at most its share, and gets more when it releases some")
    func share() async {
        #expect(budget.tryAcquire(3, for: "a"))
        #expect(budget.tryAcquire(2, for: "a"))
        #expect(!budget.tryAcquire(1, for: "a"))
        #expect(await !budget.acquire(1, for: "a", timeout: .zero))
        let task = Task { [budget] in await budget.acquire(2, for: "a") }
        while budget.waiting == 0 { await Task.yield() }
        // Other owners are not blocked meanwhile.
        #expect(budget.tryAcquire(5, for: "b"))
        budget.release(3, for: "a")
        #expect(await task.value)
        #expect(budget.tryAcquire(1, for: "a"))
    }

    @Test("a call waits for earlier calls of the same owner")
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

    @Test("an owner that holds nothing is admitted, whatever it requests and others hold")
    func first() async {
        for owner in ["a", "b"] { #expect(budget.tryAcquire(5, for: owner)) }
        #expect(budget.tryAcquire(50, for: "c"))
        #expect(!budget.tryAcquire(1, for: "c"))
        budget.release(50, for: "c")
        #expect(budget.tryAcquire(1, for: "c"))
        // The whole budget is in use, so its second call waits.
        #expect(!budget.tryAcquire(1, for: "c"))
        budget.release(5, for: "a")
        #expect(budget.tryAcquire(1, for: "c"))
    }

    @Test("concurrent calls and cancellations do not lose any of the budget")
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
