import AzureTestSupport
import ProviderCore
import SecretMemory
import Synchronization
import Testing

@testable import Azure

@Suite("A request that is withdrawn", .timeLimit(.minutes(1)))
struct WithdrawalTests {
    @Test("a withdrawn request is not sent, and frees its place in the queue")
    func notSent() async throws {
        let (transport, time) = (FakeAzure(responses: [FakeAzure.response(200)]), ManualTime().source)
        let gate = RequestGate(RequestGate.Limits(concurrent: 1), time: time)
        var context = time.context()
        let withdrawal = Withdrawal()
        context.withdrawal = withdrawal
        let permit = try await gate.enter(time.context("other"))
        let sending = Task { [context] in
            try await RetryPolicy().send(
                HTTPRequest(.get, "https://vault.example"), over: transport, through: gate, context, time: time)
        }
        while gate.waiting == 0 { await Task.yield() }
        withdrawal.withdraw()
        gate.leave(permit, succeeded: true)
        await #expect(throws: TransportError.self) { try await sending.value }
        #expect(transport.requests.isEmpty)
        _ = try await gate.enter(time.context())
    }

    @Test("a withdrawn request does not end the request of another mount that joined it")
    func joined() async throws {
        let looks = Mutex(0)
        var time = TimeSource.system
        time.elapsed = {
            looks.withLock { $0 += 1 }
            return .zero
        }
        let cache = ValueCache(settings: CacheSettings(), time: time)
        let request = try MountRequest(
            attributes: SecretBytes("{}"), secrets: SecretBytes("null"), permission: "420", targetPath: "/x")
        let principal = Principal(
            AuthenticationContext(
                pod: PodReference(request.attributes), tenantID: "tenant",
                cloud: try AzureCloud.named("AzurePublicCloud", environmentFile: nil),
                identity: .vmManagedIdentity(clientID: nil)))
        let key = ValueCache.Key(
            scope: ValueCache.Scope(principal: principal, vault: "kv"), type: .secret, name: "name", query: .versions)
        let wish = ValueCache.Wish(
            key: key, freshness: ValueCache.Freshness(maximumAge: .seconds(60), notBefore: nil))
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let (ended, end) = AsyncStream<Void>.makeStream()
        let deadline = time.deadline(after: .seconds(60))
        let first = Task {
            await cache.values(for: [wish], owner: "a", until: deadline) { _, _, deliver in
                begin.yield()
                for await _ in ended { break }
                deliver(0, .success(.withdrawn))
            }
        }
        for await _ in begun { break }
        let before = looks.withLock { $0 }
        let second = Task {
            await cache.values(for: [wish], owner: "b", until: deadline) { _, _, deliver in
                deliver(0, .success(.value(.list([]))))
            }
        }
        // The second caller reads the clock and joins under one lock.
        while looks.withLock({ $0 }) == before { await Task.yield() }
        end.yield()
        guard case .withdrawn = await first.value[0], case .content(_, .fetched) = await second.value[0] else {
            Issue.record("the second has no content of its own")
            return
        }
    }
}
