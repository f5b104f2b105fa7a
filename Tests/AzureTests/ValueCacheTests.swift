import AzureTestSupport
import ProviderCore
import SecretMemory
import TestSupport
import Testing

@testable import Azure

@Suite("The value cache", .timeLimit(.minutes(1)))
struct ValueCacheTests {
    private let time = ManualTime()

    private func principal(_ tenant: String) throws -> Principal {
        let request = try MountRequest(
            attributes: SecretBytes("{}"), secrets: SecretBytes("null"), permission: "420", targetPath: "/x")
        return Principal(
            AuthenticationContext(
                pod: PodReference(request.attributes), tenantID: tenant,
                cloud: try AzureCloud.named("AzurePublicCloud", environmentFile: nil),
                identity: .vmManagedIdentity(clientID: nil)))
    }

    /// Reads one object, and returns its scope.
    private func read(_ name: String, _ tenant: String, into cache: ValueCache) async throws -> Weak {
        let scope = ValueCache.Scope(principal: try principal(tenant), vault: "kv")
        let key = ValueCache.Key(scope: scope, type: .secret, name: name, query: .versions)
        let wish = ValueCache.Wish(
            key: key, freshness: ValueCache.Freshness(maximumAge: .seconds(60), notBefore: nil))
        _ = await cache.values(for: [wish], owner: "a", until: time.source.deadline(after: .seconds(60))) {
            _, _, deliver in
            await Task.yield()
            deliver(0, .success(.value(.list([]))))
        }
        return Weak(scope: scope)
    }

    private struct Weak {
        weak var scope: ValueCache.Scope?
    }

    @Test("the entries of one principal in one vault share its description")
    func sharedScope() async throws {
        let cache = ValueCache(settings: CacheSettings(), time: time.source)
        let first = try await read("one", "tenant", into: cache)
        let second = try await read("two", "tenant", into: cache)
        let other = try await read("one", "other tenant", into: cache)
        #expect(cache.usage.count == 3)
        #expect(first.scope != nil)
        #expect(second.scope == nil)
        #expect(other.scope != nil)
        cache.removeAll()
        #expect(first.scope == nil && other.scope == nil)
    }

    @Test("a fetch that has waited continues on the executor that the cache prefers")
    func executor() async throws {
        let executor = CountingExecutor()
        let cache = ValueCache(settings: CacheSettings(), time: time.source, executor: executor)
        _ = try await read("one", "tenant", into: cache)
        #expect(executor.count > 0)
    }

    @Test("a sweep forgets the principals whose entries have expired")
    func sweptScope() async throws {
        let cache = ValueCache(settings: CacheSettings(), time: time.source)
        let early = try await read("one", "tenant", into: cache)
        time.advance(.seconds(100_000))
        let late = try await read("two", "other tenant", into: cache)
        cache.sweep()
        #expect(cache.usage.count == 1)
        #expect(early.scope == nil)
        #expect(late.scope != nil)
    }
}
