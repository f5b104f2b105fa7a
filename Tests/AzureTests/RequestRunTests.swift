import AzureTestSupport
import Synchronization
import TestSupport
import Testing

@testable import Azure

@Suite("Requests that are sent together", .timeLimit(.minutes(5)))
struct RequestRunTests {
    /// A network on which a test ends each request.
    private final class HeldTransport: HTTPTransport {
        private struct State {
            var begun: [String] = []
            var running: [(url: String, deliver: @Sendable (RequestRun.Outcome) -> Void)] = []
        }

        private let state = Mutex(State())

        /// The URLs of the requests so far.
        var begun: [String] { state.withLock { $0.begun } }
        var running: Int { state.withLock { $0.running.count } }

        func send(_ request: HTTPRequest, timeout: Duration) async throws(TransportError) -> HTTPResponse {
            throw TransportError(.request, .final, "requests are begun")
        }

        func begin(
            _ requests: [HTTPRequest], timeout: Duration,
            deliver: @escaping @Sendable (Int, RequestRun.Outcome) -> Void
        ) -> @Sendable (Int?) -> Void {
            state.withLock { state in
                for (index, request) in requests.enumerated() {
                    state.begun.append(request.url)
                    state.running.append((request.url, { deliver(index, $0) }))
                }
            }
            let urls = Set(requests.map(\.url))
            return { [self] _ in
                end(.failure(TransportError(.request, .cancelled, "cancelled"))) { urls.contains($0) }
            }
        }

        /// Ends the pending requests to the URLs that satisfy `condition`.
        func end(_ outcome: RequestRun.Outcome = FakeAzure.response(200), _ condition: (String) -> Bool = { _ in true })
        {
            let ended = state.withLock { state in
                let ended = state.running.filter { condition($0.url) }
                state.running.removeAll { condition($0.url) }
                return ended
            }
            for request in ended { request.deliver(outcome) }
        }
    }

    /// One run, and the results that it delivered.
    private final class Run: Sendable {
        let transport = HeldTransport()
        let time = ManualTime()
        let gate: RequestGate
        private let outcomes = Mutex<[Int: [RequestRun.Outcome]]>([:])

        private let source: TimeSource

        /// Unless `pausesEnd`, a pause ends only when it is cancelled.
        init(_ limits: RequestGate.Limits = .init(concurrent: 1000), pausesEnd: Bool = true) {
            source = pausesEnd ? time.source : time.source.withEndlessPauses
            gate = RequestGate(limits, time: source)
        }

        func send(
            _ count: Int, timeout: Duration = .seconds(100), withdrawal: Withdrawal? = nil
        ) async {
            var context = source.context(timeout: timeout)
            context.withdrawal = withdrawal
            var run = RequestRun(RetryPolicy(), over: transport, through: gate, context, source)
            await run.run((0..<count).map { HTTPRequest(.get, "\($0)") }) { index, outcome in
                outcomes.withLock { $0[index, default: []].append(outcome) }
            }
        }

        /// The statuses by index; nil for a request without a status.
        var statuses: [Int: Int] {
            outcomes.withLock { outcomes in
                outcomes.compactMapValues { all in
                    if case .success(let response) = all.first { response.status } else { nil }
                }
            }
        }

        /// The number of requests that ended without a response, with this error.
        func failures(_ kind: TransportError.Kind) -> Int {
            outcomes.withLock { outcomes in
                outcomes.values.count { if case .failure(let error)? = $0.first { error.kind == kind } else { false } }
            }
        }

        /// Whether `count` requests have ended, each exactly once.
        func hasEnded(_ count: Int) -> Bool {
            outcomes.withLock { outcomes in
                outcomes.count == count && outcomes.values.allSatisfy { $0.count == 1 }
            }
        }
    }

    @Test("fifty requests of a long list are sent, and the next one when one has ended")
    func window() async throws {
        let run = Run()
        async let sent: Void = run.send(120)
        #expect(try await eventually { run.transport.running == 50 })
        #expect(run.transport.begun == (0..<50).map(String.init))
        run.transport.end { $0 == "7" }
        #expect(try await eventually { run.transport.begun.count == 51 })
        #expect(run.transport.begun.last == "50")
        while !run.hasEnded(120) {
            run.transport.end()
            await Task.yield()
        }
        await sent
        #expect(run.statuses.count == 120)
        #expect(run.transport.begun.count == 120)
    }

    @Test("a list that is withdrawn before it starts is not sent, whatever its length")
    func withdrawnBefore() async {
        let (run, withdrawal) = (Run(), Withdrawal())
        withdrawal.withdraw()
        await run.send(120, withdrawal: withdrawal)
        #expect(run.hasEnded(120))
        #expect(run.failures(.withdrawn) == 120)
        #expect(run.transport.begun.isEmpty)
        #expect(run.gate.isIdle)
    }

    @Test("a withdrawn list ends when its pending requests have ended")
    func withdrawnMeanwhile() async throws {
        let (run, withdrawal) = (Run(.init(concurrent: 3)), Withdrawal())
        async let sent: Void = run.send(120, withdrawal: withdrawal)
        #expect(try await eventually { run.transport.running == 3 })
        withdrawal.withdraw()
        run.transport.end()
        await sent
        #expect(run.hasEnded(120))
        #expect(run.statuses.keys.sorted() == [0, 1, 2])
        #expect(run.failures(.withdrawn) == 117)
        #expect(run.gate.isIdle)
    }

    @Test("a cancelled list gives its place in the queue back")
    func cancelledInLine() async throws {
        let run = Run(.init(concurrent: 1))
        let permit = try await run.gate.enter(run.time.source.context("other"))
        let sending = Task { await run.send(60) }
        #expect(try await eventually { run.gate.waiting == 1 })
        sending.cancel()
        await sending.value
        #expect(run.failures(.cancelled) == 60)
        run.gate.leave(permit, succeeded: true)
        #expect(run.gate.isIdle)
        #expect(run.transport.begun.isEmpty)
    }

    @Test("cancellation ends the pending requests, and does not send those that wait for the service's rate")
    func cancelled() async throws {
        let run = Run(.init(concurrent: 2, perSecond: 2), pausesEnd: false)
        // As many requests as may be pending may also begin together.
        for permit in try run.gate.enterNow(run.time.source.context(), upTo: 2).get() {
            run.gate.leave(permit, succeeded: true)
        }
        let sending = Task { await run.send(5) }
        #expect(try await eventually { run.transport.running == 1 })
        sending.cancel()
        await sending.value
        #expect(run.hasEnded(5))
        #expect(run.failures(.cancelled) == 5)
        #expect(run.transport.begun == ["0"])
        #expect(run.gate.isIdle)
    }

    @Test("a list that was cancelled before is not sent")
    func cancelledBefore() async {
        let run = Run()
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask { await run.send(3) }
        }
        #expect(run.failures(.cancelled) == 3)
        #expect(run.transport.begun.isEmpty)
    }

    @Test("only the failed request is retried")
    func retry() async throws {
        let run = Run()
        async let sent: Void = run.send(3)
        #expect(try await eventually { run.transport.running == 3 })
        run.transport.end(FakeAzure.response(503)) { $0 == "1" }
        #expect(try await eventually { run.transport.begun.count == 4 })
        run.transport.end()
        await sent
        #expect(run.hasEnded(3))
        #expect(run.statuses == [0: 200, 1: 200, 2: 200])
        #expect(run.transport.begun == ["0", "1", "2", "1"])
        #expect(run.time.sleeps == [.milliseconds(800)])
    }

    @Test("a response with status 429 delays the other requests too")
    func throttled() async throws {
        let run = Run(.init(concurrent: 2))
        async let sent: Void = run.send(4)
        #expect(try await eventually { run.transport.running == 2 })
        run.transport.end(FakeAzure.response(429, "{}", [("Retry-After", "7")])) { $0 == "0" }
        #expect(try await eventually { run.time.sleeps == [.seconds(7)] })
        while !run.hasEnded(4) {
            run.transport.end()
            await Task.yield()
        }
        await sent
        #expect(run.statuses.values.allSatisfy { $0 == 200 })
        #expect(run.transport.begun.sorted() == ["0", "0", "1", "2", "3"])
    }

    @Test("a pause that is longer than the mount's time ends the waiting requests, and leaves the gate empty")
    func throttledTooLong() async throws {
        let run = Run(.init(concurrent: 2), pausesEnd: false)
        async let sent: Void = run.send(60, timeout: .seconds(30))
        #expect(try await eventually { run.transport.running == 2 })
        run.transport.end(FakeAzure.response(429, "{}", [("Retry-After", "60")]))
        await sent
        #expect(run.hasEnded(60))
        #expect(run.statuses == [0: 429, 1: 429])
        #expect(run.failures(.throttled) == 58)
        #expect(run.gate.waiting == 0)
        run.time.advance(.seconds(61))
        #expect(try run.gate.enterNow(run.time.source.context(), upTo: 1).get().count == 1)
    }
}
