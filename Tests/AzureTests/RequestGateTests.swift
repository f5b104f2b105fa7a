import AzureTestSupport
import Synchronization
import Testing

@testable import Azure

@Suite("The throttle gate")
struct RequestGateTests {
    /// The events that tasks report to the test.
    private final class Notes: Sendable {
        let running = Mutex((now: 0, most: 0))
        let order = Mutex<[RequestContext]>([])
    }

    @Test("the gate admits every request, and at most as many concurrent ones as its limit")
    func bound() async throws {
        let gate = RequestGate(RequestGate.Limits(concurrent: 3), time: .system)
        let notes = Notes()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    let permit = try await gate.enter(TimeSource.system.context(timeout: .seconds(3600)))
                    notes.running.withLock { running in
                        running.now += 1
                        running.most = max(running.most, running.now)
                    }
                    for _ in 0..<5 { await Task.yield() }
                    notes.running.withLock { $0.now -= 1 }
                    gate.leave(permit, succeeded: true)
                }
            }
            try await group.waitForAll()
        }
        #expect(notes.running.withLock { $0.most } <= 3)
        #expect(notes.running.withLock { $0.now } == 0)
    }

    /// Lets all `contexts` wait while one request is pending, then admits them one at a time. Returns the order of
    /// their admission.
    private func order(
        _ contexts: [RequestContext], in gate: RequestGate = RequestGate(.init(concurrent: 1), time: .system)
    ) async throws -> [RequestContext] {
        let first = try await gate.enter(TimeSource.system.context("first"))
        let notes = Notes()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for context in contexts {
                let before = gate.waiting
                group.addTask {
                    let permit = try await gate.enter(context)
                    notes.order.withLock { $0.append(context) }
                    gate.leave(permit, succeeded: true)
                }
                while gate.waiting == before { await Task.yield() }
            }
            gate.leave(first, succeeded: true)
            try await group.waitForAll()
        }
        return notes.order.withLock { $0 }
    }

    private func contexts(_ priority: RequestPriority, _ count: Int, of namespace: String) -> [RequestContext] {
        Array(repeating: TimeSource.system.context(namespace, priority, timeout: .seconds(3600)), count: count)
    }

    @Test("the requests of first mounts are admitted before those of republishes")
    func priority() async throws {
        let order = try await order(contexts(.republish, 2, of: "a") + contexts(.firstMount, 2, of: "a"))
        #expect(order.map(\.priority) == [.firstMount, .firstMount, .republish, .republish])
    }

    @Test("a steady flow of first mounts does not starve republishes")
    func noStarvation() async throws {
        let order = try await order(contexts(.firstMount, 40, of: "loud") + contexts(.republish, 2, of: "quiet"))
        #expect(order.indices.filter { order[$0].namespace == "quiet" } == [4, 9])
    }

    @Test("a namespace waits for at most one request of each other namespace", arguments: [10, 400])
    func turns(count: Int) async throws {
        let loud = contexts(.firstMount, count, of: "loud") + contexts(.firstMount, count, of: "louder")
        let order = try await order(loud + contexts(.firstMount, 2, of: "quiet"))
        #expect(order.indices.filter { order[$0].namespace == "quiet" } == [2, 5])
    }

    @Test("the limit is halved once for requests that are throttled together, and recovers")
    func halving() async throws {
        let time = ManualTime()
        let source = time.source
        let gate = RequestGate(RequestGate.Limits(concurrent: 16), time: source)
        let context = source.context(timeout: .seconds(1000))
        var permits: [RequestGate.Permit] = []
        for _ in 0..<8 { permits.append(try await gate.enter(context)) }
        time.advance(.milliseconds(10))
        for permit in permits {
            gate.throttle(permit, pause: .seconds(1))
            gate.leave(permit, succeeded: false)
        }
        #expect(gate.limit(of: "team") == 8)
        time.advance(.seconds(2))
        let later = try await gate.enter(context)
        gate.throttle(later, pause: .seconds(1))
        gate.leave(later, succeeded: false)
        #expect(gate.limit(of: "team") == 4)
        time.advance(.seconds(2))
        for _ in 0..<200 { gate.leave(try await gate.enter(context), succeeded: true) }
        #expect(gate.limit(of: "team") == 16)
    }

    @Test(
        "the requests of a throttled namespace pause, and fail immediately if the pause outlasts the deadline"
    )
    func pause() async throws {
        let time = ManualTime()
        let source = time.source
        let gate = RequestGate(RequestGate.Limits(concurrent: 4), time: source)
        let permit = try await gate.enter(source.context(timeout: .seconds(100)))
        gate.throttle(permit, pause: .seconds(30))
        gate.leave(permit, succeeded: false)
        let failure = await #expect(throws: TransportError.self) {
            _ = try await gate.enter(source.context(timeout: .seconds(20)))
        }
        #expect(failure?.kind == .throttled)
        _ = try await gate.enter(source.context(timeout: .seconds(100)))
        #expect(time.now >= .seconds(30))
    }

    @Test("the pause and the lower limit of one namespace do not affect another one")
    func pauseOfAnother() async throws {
        let time = ManualTime()
        let source = time.source
        let gate = RequestGate(RequestGate.Limits(concurrent: 4), time: source)
        let permit = try await gate.enter(source.context("loud"))
        gate.throttle(permit, pause: .seconds(30))
        gate.leave(permit, succeeded: false)
        await #expect(throws: TransportError.self) {
            _ = try await gate.enter(source.context("loud", timeout: .seconds(20)))
        }
        #expect(gate.limit(of: "loud") == 2)
        #expect(gate.limit(of: "quiet") == 4)
        // Even while a request of the other namespace waits for the end of its pause.
        // The pause does not end by itself: only the end of the test cancels it.
        let slow = source.withEndlessPauses
        let busy = RequestGate(RequestGate.Limits(concurrent: 4), time: slow)
        let refused = try await busy.enter(slow.context("loud"))
        busy.throttle(refused, pause: .seconds(30))
        busy.leave(refused, succeeded: false)
        let waiting = Task { try await busy.enter(slow.context("loud", timeout: .seconds(100))) }
        while busy.waiting == 0 { await Task.yield() }
        for _ in 0..<4 { _ = try await busy.enter(slow.context("quiet")) }
        #expect(busy.waiting == 1)
        #expect(time.now == .zero)
        waiting.cancel()
    }

    @Test("places are reserved for other namespaces if the share of a namespace is limited")
    func placesForOthers() async throws {
        let source = ManualTime().source
        let gate = RequestGate(RequestGate.Limits(concurrent: 4, ofNamespace: 2), time: source)
        for _ in 0..<2 { _ = try await gate.enter(source.context("loud")) }
        let waiting = Task { try await gate.enter(source.context("loud")) }
        while gate.waiting == 0 { await Task.yield() }
        for _ in 0..<2 { _ = try await gate.enter(source.context("quiet")) }
        #expect(gate.waiting == 1)
        waiting.cancel()
    }

    @Test("a cancelled request frees its place in the queue")
    func cancellation() async throws {
        let gate = RequestGate(RequestGate.Limits(concurrent: 1), time: .system)
        let context = TimeSource.system.context(timeout: .seconds(3600))
        let first = try await gate.enter(context)
        let waiting = Task { try await gate.enter(context) }
        while gate.waiting == 0 { await Task.yield() }
        waiting.cancel()
        await #expect(throws: TransportError.self) { try await waiting.value }
        gate.leave(first, succeeded: true)
        _ = try await gate.enter(context)
    }

    @Test("a request that begins to wait just before the end of a pause is admitted", .timeLimit(.minutes(1)))
    func pauseEndsMeanwhile() async throws {
        // The times that the next calls of the clock return; the last one stays.
        let looks = Mutex([Duration.zero])
        var source = TimeSource.system
        source.elapsed = { looks.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } }
        source.sleep = { _ in }
        let gate = RequestGate(RequestGate.Limits(concurrent: 1), time: source)
        let context = TimeSource.system.context(timeout: .seconds(60))
        let permit = try await gate.enter(context)
        gate.throttle(permit, pause: .seconds(10))
        gate.leave(permit, succeeded: false)
        looks.withLock { $0 = [.seconds(9), .seconds(9), .seconds(11)] }
        _ = try await gate.enter(context)
    }

    @Test("requests to a service with a rate limit are delayed")
    func rate() async throws {
        let source = ManualTime().source
        let gate = RequestGate(RequestGate.Limits(concurrent: 5, perSecond: 20), time: source)
        var delays: [Duration] = []
        for _ in 0..<8 {
            let permit = try await gate.enter(source.context())
            delays.append(permit.delay)
            gate.leave(permit, succeeded: true)
        }
        #expect(delays.prefix(5).allSatisfy { $0 == .zero })
        #expect(delays.last == .milliseconds(100))
    }

    @Test("one service has one gate, in any case of ASCII letters") func spelling() {
        let gates = RequestGates(RequestGate.Limits(concurrent: 1), time: .system)
        #expect(gates["kv-a.vault.azure.net"] === gates["KV-A.vault.azure.net"])
        #expect(gates["k.example"] !== gates["\u{212A}.example"])
    }
}
