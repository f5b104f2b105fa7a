import Azure
import Synchronization
import Testing

@Suite("The throttle gate")
struct RequestGateTests {
    /// What tasks tell the test.
    private final class Notes: Sendable {
        let running = Mutex((now: 0, most: 0))
        let order = Mutex<[RequestPriority]>([])
    }

    @Test("lets no more through at once than it should, and all in the end")
    func bound() async throws {
        let gate = RequestGate(RequestGate.Limits(concurrent: 3), time: .system)
        let notes = Notes()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    _ = try await gate.enter(.firstMount, until: TimeSource.system.deadline(after: .seconds(3600)))
                    notes.running.withLock { running in
                        running.now += 1
                        running.most = max(running.most, running.now)
                    }
                    for _ in 0..<5 { await Task.yield() }
                    notes.running.withLock { $0.now -= 1 }
                    gate.leave(succeeded: true)
                }
            }
            try await group.waitForAll()
        }
        #expect(notes.running.withLock { $0.most } <= 3)
        #expect(notes.running.withLock { $0.now } == 0)
    }

    @Test("lets new pods go before others")
    func priority() async throws {
        let gate = RequestGate(RequestGate.Limits(concurrent: 1), time: .system)
        let deadline = TimeSource.system.deadline(after: .seconds(3600))
        _ = try await gate.enter(.firstMount, until: deadline)
        let notes = Notes()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for priority in [RequestPriority.republish, .republish, .firstMount, .firstMount] {
                let before = gate.waiting
                group.addTask {
                    _ = try await gate.enter(priority, until: deadline)
                    notes.order.withLock { $0.append(priority) }
                    gate.leave(succeeded: true)
                }
                while gate.waiting == before { await Task.yield() }
            }
            gate.leave(succeeded: true)
            try await group.waitForAll()
        }
        #expect(notes.order.withLock { $0 } == [.firstMount, .firstMount, .republish, .republish])
    }

    @Test("halves on a refusal, once for requests that were under way together, and recovers")
    func halving() async throws {
        let time = ManualTime()
        let source = time.source()
        let gate = RequestGate(RequestGate.Limits(concurrent: 16), time: source)
        let deadline = source.deadline(after: .seconds(1000))
        var permits: [RequestGate.Permit] = []
        for _ in 0..<8 { permits.append(try await gate.enter(.firstMount, until: deadline)) }
        time.advance(.milliseconds(10))
        for permit in permits {
            gate.throttle(permit, pause: .seconds(1))
            gate.leave(succeeded: false)
        }
        #expect(gate.limit == 8)
        time.advance(.seconds(2))
        let later = try await gate.enter(.firstMount, until: deadline)
        gate.throttle(later, pause: .seconds(1))
        gate.leave(succeeded: false)
        #expect(gate.limit == 4)
        time.advance(.seconds(2))
        for _ in 0..<200 {
            _ = try await gate.enter(.firstMount, until: deadline)
            gate.leave(succeeded: true)
        }
        #expect(gate.limit == 16)
    }

    @Test("holds everyone back during a pause, and gives up at once when that is longer than the mount may take")
    func pause() async throws {
        let time = ManualTime()
        let source = time.source()
        let gate = RequestGate(RequestGate.Limits(concurrent: 4), time: source)
        let permit = try await gate.enter(.firstMount, until: source.deadline(after: .seconds(100)))
        gate.throttle(permit, pause: .seconds(30))
        gate.leave(succeeded: false)
        let failure = await #expect(throws: TransportError.self) {
            _ = try await gate.enter(.firstMount, until: source.deadline(after: .seconds(20)))
        }
        #expect(failure?.kind == .throttled)
        _ = try await gate.enter(.firstMount, until: source.deadline(after: .seconds(100)))
        #expect(time.now >= .seconds(30))
    }

    @Test("frees the place of one who gives up waiting")
    func cancellation() async throws {
        let gate = RequestGate(RequestGate.Limits(concurrent: 1), time: .system)
        let deadline = TimeSource.system.deadline(after: .seconds(3600))
        _ = try await gate.enter(.firstMount, until: deadline)
        let waiting = Task { try await gate.enter(.firstMount, until: deadline) }
        while gate.waiting == 0 { await Task.yield() }
        waiting.cancel()
        await #expect(throws: TransportError.self) { try await waiting.value }
        gate.leave(succeeded: true)
        _ = try await gate.enter(.firstMount, until: deadline)
    }

    @Test("a request that begins to wait just before a pause ends is admitted", .timeLimit(.minutes(1)))
    func pauseEndsMeanwhile() async throws {
        // What the next looks at the clock see; the last one stays.
        let looks = Mutex([Duration.zero])
        var source = TimeSource.system
        source.elapsed = { looks.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } }
        source.sleep = { _ in }
        let gate = RequestGate(RequestGate.Limits(concurrent: 1), time: source)
        let deadline = TimeSource.system.deadline(after: .seconds(60))
        gate.throttle(try await gate.enter(.firstMount, until: deadline), pause: .seconds(10))
        gate.leave(succeeded: false)
        looks.withLock { $0 = [.seconds(9), .seconds(9), .seconds(11)] }
        _ = try await gate.enter(.firstMount, until: deadline)
    }

    @Test("spaces requests to a service that bounds their rate")
    func rate() async throws {
        let source = ManualTime().source()
        let gate = RequestGate(RequestGate.Limits(concurrent: 5, perSecond: 20), time: source)
        var delays: [Duration] = []
        for _ in 0..<4 {
            delays.append(try await gate.enter(.firstMount, until: source.deadline(after: .seconds(9))).delay)
            gate.leave(succeeded: true)
        }
        for _ in 0..<4 {
            delays.append(try await gate.enter(.firstMount, until: source.deadline(after: .seconds(9))).delay)
            gate.leave(succeeded: true)
        }
        #expect(delays.prefix(5).allSatisfy { $0 == .zero })
        #expect(delays.last == .milliseconds(100))
    }
}
