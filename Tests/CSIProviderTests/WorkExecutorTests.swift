import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import CSIProvider

/// Work that blocks its thread until a test releases it.
private final class HeldWork: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    let order = Mutex<[String]>([])

    func body(_ name: String) -> @Sendable () -> String {
        {
            self.order.withLock { $0.append(name) }
            self.semaphore.wait()
            return name
        }
    }

    func letGo(_ count: Int) { for _ in 0..<count { semaphore.signal() } }

    var begun: [String] { order.withLock { $0 } }
}

@Suite("The executor for long work")
struct WorkExecutorTests {
    private static let hour = Duration.seconds(3600)

    @Test("the executor leaves threads to other owners, whatever the work of one owner")
    func shares() async throws {
        let executor = WorkExecutor(width: 4)
        let held = HeldWork()
        try await withThrowingTaskGroup(of: String?.self) { group in
            for index in 0..<10 {
                group.addTask { await executor.run(for: "greedy", timeout: Self.hour, held.body("greedy \(index)")) }
            }
            #expect(try await eventually { held.begun.count == 2 && executor.waitingCount == 8 })
            #expect(await executor.run(for: "other", timeout: Self.hour) { "done" } == "done")
            #expect(held.begun.count == 2)
            held.letGo(10)
            var ended = 0
            for try await value in group where value != nil { ended += 1 }
            #expect(ended == 10)
        }
    }

    @Test("waiting owners take turns")
    func turns() async throws {
        let executor = WorkExecutor(width: 2)
        let held = HeldWork()
        try await withThrowingTaskGroup(of: String?.self) { group in
            // Two owners use one thread each, so both are in use.
            for owner in ["a", "b"] {
                group.addTask { await executor.run(for: owner, timeout: Self.hour, held.body(owner)) }
            }
            #expect(try await eventually { held.begun.count == 2 })
            for (count, owner) in ["c", "c", "c", "d"].enumerated() {
                group.addTask { await executor.run(for: owner, timeout: Self.hour, held.body(owner)) }
                #expect(try await eventually { executor.waitingCount == count + 1 })
            }
            held.letGo(2)
            #expect(try await eventually { held.begun.count == 4 })
            #expect(held.begun.suffix(2).sorted() == ["c", "d"])
            held.letGo(4)
            try await group.waitForAll()
        }
    }

    @Test("work that is cancelled or past its deadline is dropped before it begins")
    func givesUp() async throws {
        let executor = WorkExecutor(width: 2)
        let held = HeldWork()
        async let first = executor.run(for: "a", timeout: Self.hour, held.body("first"))
        #expect(try await eventually { held.begun == ["first"] })
        #expect(await executor.run(for: "a", timeout: .zero) { "late" } == nil)
        let waiting = Task { await executor.run(for: "a", timeout: Self.hour) { "cancelled" } }
        #expect(try await eventually { executor.waitingCount == 1 })
        waiting.cancel()
        #expect(await waiting.value == nil)
        held.letGo(1)
        #expect(await first == "first")
        #expect(await executor.run(for: "a", timeout: Self.hour) { "next" } == "next")
    }
}
