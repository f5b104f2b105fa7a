import AsyncSupport
import Synchronization
import TestSupport
import Testing

@Suite("A queue of waiting tasks", .timeLimit(.minutes(1)))
struct WaiterQueueTests {
    /// An owner of a queue.
    private final class Owner: Sendable {
        let queue = Mutex(WaiterQueue<Int, String>())

        func append(_ tag: Int) -> Waiter<Int, String> { queue.withLock { $0.append(tag) } }

        /// Resumes the first waiter if its tag is at most `limit`; returns its tag.
        func resumeFirst(limit: Int = .max, _ value: String) -> Int? {
            let claim = queue.withLock { $0.popFirst { $0 <= limit } }
            claim?.resume(returning: value)
            return claim?.tag
        }

        var count: Int { queue.withLock { $0.count } }
    }

    private struct Reference {
        weak var waiter: Waiter<Int, String>?
    }

    private let owner = Owner()

    @Test("waiters are resumed in order, each with its own value")
    func order() async {
        let waiters = (0..<3).map { owner.append($0) }
        let tasks = waiters.map { waiter in Task { await waiter.value() } }
        for tag in 0..<3 { #expect(owner.resumeFirst("value \(tag)") == tag) }
        #expect(owner.resumeFirst("none") == nil)
        for (tag, task) in tasks.enumerated() { #expect(await task.value == "value \(tag)") }
    }

    @Test("a first waiter that does not meet the condition blocks those behind it")
    func condition() {
        _ = [owner.append(10), owner.append(1)]
        #expect(owner.resumeFirst(limit: 5, "") == nil)
        #expect(owner.count == 2)
        #expect(owner.resumeFirst(limit: 10, "") == 10)
        #expect(owner.resumeFirst(limit: 5, "") == 1)
    }

    @Test("a value that is given before its task waits is kept for that task")
    func valueFirst() async {
        let waiter = owner.append(0)
        #expect(owner.resumeFirst("early") == 0)
        #expect(await waiter.value() == "early")
    }

    @Test("a cancelled waiter leaves the queue", arguments: [true, false])
    func cancellation(isWaiting: Bool) async throws {
        let (first, second) = (owner.append(10), owner.append(1))
        let task = Task {
            if !isWaiting { withUnsafeCurrentTask { $0?.cancel() } }
            return await first.value()
        }
        task.cancel()
        #expect(await task.value == nil)
        #expect(owner.count == 1)
        #expect(owner.resumeFirst(limit: 5, "next") == 1)
        #expect(await second.value() == "next")
    }

    @Test("a waiter leaves the queue at its timeout")
    func timeout() async {
        let waiter = owner.append(0)
        #expect(await waiter.value(timeout: .milliseconds(1)) == nil)
        #expect(owner.count == 0)
        #expect(owner.resumeFirst("late") == nil)
    }

    @Test("a claimed waiter gets its value, even if it is cancelled or times out before")
    func claimed() async throws {
        for timeout in [nil, Duration.milliseconds(1)] {
            let waiter = owner.append(0)
            let claim = try #require(owner.queue.withLock { $0.popFirst() })
            let task = Task { await waiter.value(timeout: timeout) }
            if timeout == nil {
                task.cancel()
            } else {
                // The later timeout ends after that of the task.
                #expect(await owner.append(1).value(timeout: .milliseconds(20)) == nil)
            }
            claim.resume(returning: "claimed")
            #expect(await task.value == "claimed")
        }
    }

    @Test("all waiters can be claimed together, without those that have ended")
    func all() async {
        let waiters = (0..<5).map { owner.append($0) }
        #expect(await waiters[2].value(timeout: .zero) == nil)
        let claims = owner.queue.withLock { $0.removeAll() }
        #expect(claims.map(\.tag) == [0, 1, 3, 4])
        #expect(owner.count == 0)
        for claim in claims { claim.resume(returning: "\(claim.tag)") }
        for index in [0, 1, 3, 4] { #expect(await waiters[index].value() == "\(index)") }
    }

    @Test("concurrent values and cancellations lose no value and resume each task once")
    func race() async {
        let owner = owner
        let balance = await withTaskGroup(of: Int.self) { group in
            for index in 0..<1000 {
                let waiter = owner.append(index)
                group.addTask {
                    let task = Task { await waiter.value(timeout: index.isMultiple(of: 3) ? .zero : nil) }
                    if index.isMultiple(of: 2) { task.cancel() }
                    return await task.value == nil ? 0 : 1
                }
                group.addTask { owner.resumeFirst("") == nil ? 0 : -1 }
            }
            return await group.reduce(0, +)
        }
        #expect(balance == 0)
        #expect(owner.count == 0)
    }

    @Test("ended waiters do not fill the queue while it is stuck")
    func pruning() async {
        let first = owner.append(0)
        var ended: [Reference] = []
        for _ in 0..<1000 {
            let waiter = owner.append(1)
            #expect(await waiter.value(timeout: .zero) == nil)
            ended.append(Reference(waiter: waiter))
        }
        #expect(ended.count { $0.waiter != nil } < 20)
        #expect(owner.resumeFirst("") == 0)
        #expect(await first.value() == "")
    }
}
