import AsyncSupport
import Synchronization
import Testing

@Suite("Timeouts", .timeLimit(.minutes(1)))
struct TimeoutSchedulerTests {
    private let scheduler = TimeoutScheduler()

    @Test("actions run in the order of their deadlines, not of their creation")
    func order() async {
        let (ends, end) = AsyncStream<Int>.makeStream()
        _ = scheduler.schedule(after: .seconds(3600)) { end.yield(3600) }
        for milliseconds in [60, 1, 30] {
            _ = scheduler.schedule(after: .milliseconds(milliseconds)) { end.yield(milliseconds) }
        }
        var order: [Int] = []
        for await milliseconds in ends {
            order.append(milliseconds)
            if order.count == 3 { break }
        }
        #expect(order == [1, 30, 60])
    }

    @Test("a cancelled action does not run, and does not delay later ones")
    func cancellation() async {
        let (ends, end) = AsyncStream<String>.makeStream()
        let cancelled = scheduler.schedule(after: .milliseconds(5)) { end.yield("cancelled") }
        scheduler.cancel(cancelled)
        _ = scheduler.schedule(after: .milliseconds(20)) { end.yield("other") }
        for await name in ends {
            #expect(name == "other")
            break
        }
    }

    @Test("a timeout of zero or less ends immediately")
    func past() async {
        let (ends, end) = AsyncStream<Void>.makeStream()
        _ = scheduler.schedule(after: .seconds(-5)) { end.yield() }
        for await _ in ends { break }
    }
}
