import Azure
import AzureTestSupport
import Testing

@Suite("The retry loop")
struct RetryTests {
    private let request = HTTPRequest(.get, "https://vault.example")

    private func run(
        _ steps: [FakeAzure.Step], budget: Duration = .seconds(100)
    ) async -> (result: Result<HTTPResponse, TransportError>, calls: Int, sleeps: [Duration]) {
        let (transport, time) = (FakeAzure(responses: steps), ManualTime())
        let source = time.source
        let result: Result<HTTPResponse, TransportError>
        do throws(TransportError) {
            result = .success(
                try await RetryPolicy().send(
                    request, over: transport,
                    through: RequestGate(RequestGate.Limits(concurrent: 1), time: source),
                    source.context(timeout: budget), time: source))
        } catch {
            result = .failure(error)
        }
        return (result, transport.requests.count, time.sleeps)
    }

    @Test("the first response with a final status is returned", arguments: [200, 400, 401, 403, 404, 409, 501])
    func finalStatus(status: Int) async throws {
        let outcome = await run([FakeAzure.response(status)])
        #expect(try outcome.result.get().status == status)
        #expect(outcome.calls == 1)
        #expect(outcome.sleeps.isEmpty)
    }

    @Test("a transient status is retried", arguments: [408, 429, 500, 502, 503, 504])
    func retried(status: Int) async throws {
        let outcome = await run([FakeAzure.response(status), FakeAzure.response(200)])
        #expect(try outcome.result.get().status == 200)
        #expect(outcome.sleeps == [.milliseconds(800)])
    }

    @Test("the last response is returned after four attempts")
    func exhausted() async throws {
        let outcome = await run(Array(repeating: FakeAzure.response(503), count: 9))
        #expect(try outcome.result.get().status == 503)
        #expect(outcome.calls == 4)
        #expect(outcome.sleeps == [.milliseconds(800), .milliseconds(1600), .milliseconds(3200)])
    }

    @Test("a refused connection is retried, an invalid certificate is not")
    func transportFailures() async throws {
        let lost = await run([
            .failure(TransportError(.connect, .transient, "refused")), FakeAzure.response(200),
        ])
        #expect(try lost.result.get().status == 200)
        let wrong = await run([.failure(TransportError(.tls, .final, "certificate")), FakeAzure.response(200)])
        #expect(throws: TransportError.self) { try wrong.result.get() }
        #expect(wrong.calls == 1)
    }

    @Test("a lost connection is retried without a delay, but only once")
    func lostConnection() async throws {
        var lost = TransportError(.request, .transient, "closed")
        lost.isLostConnection = true
        let outcome = await run([.failure(lost), .failure(lost), FakeAzure.response(200)])
        #expect(try outcome.result.get().status == 200)
        #expect(outcome.sleeps == [.milliseconds(1600)])
    }

    @Test(
        "the wait is as long as the response requests, in each header that Azure uses",
        arguments: [
            ("Retry-After", "7", Duration.seconds(7)), ("retry-after-ms", "1500", .milliseconds(1500)),
            ("x-ms-retry-after-ms", "20", .milliseconds(20)),
            ("Retry-After", "Fri, 15 Jan 2027 08:00:09 GMT", .seconds(9)),
            ("Retry-After", "Friday, 15-Jan-27 08:00:09 GMT", .seconds(9)),
            ("Retry-After", "Fri Jan 15 08:00:09 2027", .seconds(9)), ("Retry-After", " 7 \t", .seconds(7)),
            ("retry-after-ms", "1500 ", .milliseconds(1500)),
            ("Retry-After", "soon", .milliseconds(800)), ("Retry-After", "-5", .milliseconds(800)),
        ])
    func hints(name: String, value: String, delay: Duration) async throws {
        let outcome = await run([FakeAzure.response(429, "{}", [(name, value)]), FakeAzure.response(200)])
        #expect(outcome.sleeps == [delay])
    }

    @Test("the request fails immediately if the wait is longer than the mount's deadline")
    func hintBeyondDeadline() async throws {
        let outcome = await run(
            [FakeAzure.response(429, "{}", [("Retry-After", "60")]), FakeAzure.response(200)],
            budget: .seconds(30))
        #expect(try outcome.result.get().status == 429)
        #expect(outcome.sleeps.isEmpty)
    }

    @Test("requests are not sent after the deadline")
    func noTime() async {
        let outcome = await run([FakeAzure.response(200)], budget: .zero)
        #expect(outcome.calls == 0)
        if case .failure(let failure) = outcome.result {
            #expect(failure.kind == .timedOut)
        } else {
            Issue.record("sent")
        }
    }
}
