import Azure
import TestSupport
import Testing

@Suite("Work with a deadline", .timeLimit(.minutes(20)))
struct TimeLimitTests {
    /// Work that ends only when it is cancelled.
    private static func endless() async -> String {
        let (stream, _) = AsyncStream<Void>.makeStream()
        for await _ in stream {}
        return "cancelled"
    }

    @Test("work that ends in time returns its result")
    func inTime() async {
        let value = await withDeadline(TimeSource.system.deadline(after: .seconds(60))) { "done" }
        #expect(value == "done")
    }

    @Test("work that has waited continues on the executor that it prefers")
    func executor() async {
        let executor = CountingExecutor()
        let value = await withDeadline(TimeSource.system.deadline(after: .seconds(900)), on: executor) {
            await Task.yield()
            return "done"
        }
        #expect(value == "done")
        #expect(executor.count > 0)
    }

    @Test("work is cancelled after its deadline")
    func tooLong() async {
        let value = await withDeadline(TimeSource.system.deadline(after: .milliseconds(10))) { await Self.endless() }
        #expect(value == nil)
    }

    @Test("work is cancelled at its own deadline when many others run")
    func many() async {
        let long = Task {
            await withDeadline(TimeSource.system.deadline(after: .seconds(3600))) { await Self.endless() }
        }
        for _ in 0..<3 {
            await withTaskGroup(of: String?.self) { group in
                for milliseconds in [60, 20, 40, 1, 30, 50, 10] {
                    group.addTask {
                        await withDeadline(TimeSource.system.deadline(after: .milliseconds(milliseconds))) {
                            await Self.endless()
                        }
                    }
                }
                for await value in group { #expect(value == nil) }
            }
        }
        long.cancel()
        #expect(await long.value == "cancelled")
    }

    @Test("work is cancelled with its caller")
    func cancelled() async {
        let task = Task {
            await withDeadline(TimeSource.system.deadline(after: .seconds(3600))) { await Self.endless() }
        }
        task.cancel()
        #expect(await task.value == "cancelled")
    }
}
