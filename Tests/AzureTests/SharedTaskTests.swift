import Azure
import Synchronization
import TestSupport
import Testing

@Suite("A shared task")
struct FlightTests {
    private let time = TimeSource.system

    /// Work that a test ends, and that records its cancellation.
    private final class Work: Sendable {
        let isCancelled = Mutex(false)
        private let (stream, continuation) = AsyncStream<Int>.makeStream()

        func finish(_ value: Int) { continuation.yield(value) }

        func run() async -> Int {
            await withTaskCancellationHandler {
                for await value in stream { return value }
                return -1
            } onCancel: {
                isCancelled.withLock { $0 = true }
                continuation.finish()
            }
        }
    }

    @Test("a shared task runs once for all callers that join it")
    func shared() async throws {
        let work = Work()
        let deadline = time.deadline(after: .seconds(60))
        let sharedTask = SharedTask(until: deadline) { _ in await work.run() }
        let other = try #require(sharedTask.join(until: deadline))
        async let first = sharedTask.value(for: sharedTask.first)
        async let second = sharedTask.value(for: other)
        work.finish(7)
        let values = await [first, second]
        #expect(values == [7, 7])
    }

    @Test("a shared task runs on the executor that it prefers")
    func executor() async {
        let executor = CountingExecutor()
        let sharedTask = SharedTask(until: time.deadline(after: .seconds(60)), on: executor) { _ in 7 }
        #expect(await sharedTask.value(for: sharedTask.first) == 7)
        #expect(executor.count > 0)
    }

    @Test("a shared task continues when one of two callers is cancelled, and is cancelled with the last one")
    func leaving() async throws {
        let work = Work()
        let deadline = time.deadline(after: .seconds(60))
        let sharedTask = SharedTask(until: deadline) { _ in await work.run() }
        let other = try #require(sharedTask.join(until: deadline))
        let first = Task { await sharedTask.value(for: sharedTask.first) }
        let second = Task { await sharedTask.value(for: other) }
        first.cancel()
        #expect(await first.value == nil)
        #expect(work.isCancelled.withLock { !$0 })
        second.cancel()
        #expect(await second.value == nil)
        #expect(work.isCancelled.withLock { $0 })
        #expect(sharedTask.join(until: deadline) == nil)
    }

    @Test("a shared task has the latest deadline of its callers")
    func deadline() async throws {
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let sharedTask = SharedTask(until: time.deadline(after: .seconds(100))) { deadline in
            for await _ in asked { break }
            return deadline.remaining
        }
        let other = try #require(sharedTask.join(until: time.deadline(after: .seconds(1000))))
        ask.yield()
        let remaining = try #require(await sharedTask.value(for: other))
        #expect(remaining > .seconds(900))
    }

    @Test("a shared task runs to its end in the background without a caller")
    func background() async {
        let (done, finish) = AsyncStream<Void>.makeStream()
        _ = SharedTask(isAwaited: false, until: time.deadline(after: .seconds(60))) { _ in finish.yield() }
        for await _ in done { break }
    }
}
