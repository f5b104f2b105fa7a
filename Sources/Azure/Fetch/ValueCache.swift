internal import AsyncSupport
internal import ProviderCore
internal import Synchronization

/// What vaults have answered, shared by the mounts of a node that have proven to be the same principal.
///
/// It trusts its callers to have proven their principal before they ask: `VaultFetch` holds a live
/// token of it by then. Nothing here is ever shared between principals, and nothing outlives a refusal.
package final class ValueCache: Sendable {
    /// Whom a vault answers. One for all objects of a reading, so that comparing and hashing their keys is cheap.
    final class Scope: Hashable, Sendable {
        let principal: Principal
        /// The vault's host.
        let vault: String
        private let hash: Int

        init(principal: Principal, vault: String) {
            self.principal = principal
            self.vault = vault
            var hasher = Hasher()
            hasher.combine(principal)
            hasher.combine(vault)
            hash = hasher.finalize()
        }

        static func == (left: Scope, right: Scope) -> Bool {
            left === right
                || left.hash == right.hash && left.vault == right.vault && left.principal == right.principal
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(hash)
        }
    }

    /// Everything that decides on what a vault answers.
    struct Key: Hashable, Sendable {
        var scope: Scope
        var type: KeyVaultObject.ObjectType
        /// Empty for the list of objects.
        var name: String
        var query: Query
    }

    /// What a vault is asked about.
    enum Query: Hashable, Sendable {
        /// A version's content; the latest when empty.
        case content(version: String)
        /// The list of an object's versions.
        case versions
        /// The list of all objects of a type.
        case objects
    }

    struct Entry: Sendable {
        var content: VaultContent
        /// When the request for it was begun.
        var fetchedAt: Duration
        /// The moment from which on others of a set must be, to fit this content: when it was seen to
        /// have changed.
        var lastChangeSeenAt: Duration
        /// Shortens its life a little, so that what was fetched together is not renewed together.
        var lifetimeFactor: Double
    }

    /// Which kept contents will do.
    struct Freshness: Sendable {
        var maximumAge: Duration
        /// Fetched no earlier than this moment.
        var notBefore: Duration?
    }

    /// How asking for a content ended.
    enum LookupResult: Sendable {
        case content(Entry, ContentSource)
        case failure(ProviderError)
        /// The vault does not take the token.
        case rejected(resource: String?, error: ProviderError)
        /// The vault was not asked, because the batch that wanted it was withdrawn.
        case withdrawn
    }

    typealias Fetch = @Sendable (Deadline) async -> Result<KeyVaultClient.Outcome<VaultContent>, ProviderError>

    private typealias SharedLookup = SharedTask<LookupResult>

    private struct Pending: Sendable {
        var sharedTask: SharedLookup
        var begunAt: Duration
        var number: UInt64
    }

    private struct State {
        var entries: RecentMap<Key, Entry>
        var pending: [Key: Pending] = [:]
        var nextNumber: UInt64 = 0
        var evictions = 0
    }

    /// What an entry costs beside its content, so that many small ones are bounded too.
    private static let overhead = 512
    /// A mount that comes again may be this much later than its interval; until then what it had tells
    /// whether anything has changed.
    private static let retention = Duration.seconds(180)
    /// How exact the moment of an unknown content's appearance is taken to be.
    static let firstMountAge = Duration.seconds(1)
    /// With something kept to fall back on, no more than this is spent on a vault that does not answer.
    private static let timeoutWithStaleEntry = Duration.seconds(8)

    private let settings: CacheSettings
    private let time: TimeSource
    private let state: Mutex<State>

    package init(settings: CacheSettings, time: TimeSource) {
        self.settings = settings
        self.time = time
        state = Mutex(State(entries: RecentMap(capacity: settings.valueBytes)))
    }

    /// What is kept and fresh enough, without waiting for anything.
    func peek(_ key: Key, _ freshness: Freshness) -> Entry? {
        let now = time.elapsed()
        return state.withLock { Self.fresh($0.entries[key], freshness, now) }
    }

    /// The content for `key`: kept, on its way for others, or fetched.
    func value(
        for key: Key, _ freshness: Freshness, owner: String, until deadline: Deadline, fetch: @escaping Fetch
    ) async -> LookupResult {
        let joined = await attempt(key, freshness, owner, mayJoin: true, deadline, fetch)
        switch joined {
        // The token that was rejected, or the batch that was withdrawn, is another mount's.
        case (.rejected, .joined), (.withdrawn, .joined):
            return await attempt(key, freshness, owner, mayJoin: false, deadline, fetch).result
        default: return joined.result
        }
    }

    private func attempt(
        _ key: Key, _ freshness: Freshness, _ owner: String, mayJoin: Bool, _ deadline: Deadline,
        _ fetch: @escaping Fetch
    ) async -> (result: LookupResult, source: ContentSource) {
        enum Step {
            case done(Entry)
            case wait(SharedLookup, SharedLookup.Caller, ContentSource)
        }
        let step: Step = state.withLock { state in
            let now = time.elapsed()
            if let entry = Self.fresh(state.entries[key], freshness, now) { return .done(entry) }
            if mayJoin, let pending = state.pending[key], Self.isRecent(pending.begunAt, freshness, now),
                let caller = pending.sharedTask.join(until: deadline)
            {
                return .wait(pending.sharedTask, caller, .joined)
            }
            state.nextNumber += 1
            let stamp = RequestStamp(
                number: state.nextNumber, begunAt: now, owner: owner, interval: freshness.maximumAge)
            let sharedTask = fetching(key, stamp, until: deadline, fetch)
            state.pending[key] = Pending(sharedTask: sharedTask, begunAt: now, number: stamp.number)
            return .wait(sharedTask, sharedTask.first, .fetched)
        }
        switch step {
        case .done(let entry): return (.content(entry, .cached), .cached)
        case .wait(let sharedTask, let caller, let source):
            switch await sharedTask.value(for: caller) {
            case .content(let entry, _): return (.content(entry, source), source)
            case .some(let result): return (result, source)
            case nil:
                let error = ProviderError(.cancelled, "the mount was given up while waiting for \(key.scope.vault)")
                return (.failure(error), source)
            }
        }
    }

    /// The last known content, if it may stand in for a vault that failed with `error`.
    func staleEntry(for key: Key, after error: ProviderError) -> Entry? {
        error.code.isOutage ? staleEntry(key) : nil
    }

    private func staleEntry(_ key: Key) -> Entry? {
        guard settings.staleIfError > .zero else { return nil }
        let now = time.elapsed()
        return state.withLock { state in
            state.entries[key].flatMap { now - $0.fetchedAt <= settings.staleIfError ? $0 : nil }
        }
    }

    /// Forgets what a refusal has made doubtful, also what is on its way.
    func purge(after code: ErrorCode, _ key: Key) {
        let isConcerned: @Sendable (Key) -> Bool
        switch code {
        case .vaultForbidden: isConcerned = { $0.scope == key.scope }
        case .objectNotFound, .objectDisabled:
            // The list of objects may be what has led to it.
            isConcerned = {
                $0.scope == key.scope && $0.type == key.type
                    && ($0.name == key.name || $0.query == .objects)
            }
        default: return
        }
        state.withLock { state in
            state.entries.removeAll { key, _ in isConcerned(key) }
            state.pending = state.pending.filter { !isConcerned($0.key) }
        }
    }

    package func sweep() {
        let now = time.elapsed()
        state.withLock { $0.entries.sweep(now: now) }
    }

    package func removeAll() {
        state.withLock { state in
            state.entries.removeAll { _, _ in true }
            state.pending = [:]
        }
    }

    package var usage: (bytes: Int, count: Int, evictions: Int) {
        state.withLock { ($0.entries.cost, $0.entries.count, $0.evictions) }
    }

    // MARK: - Keeping

    private struct RequestStamp: Sendable {
        var number: UInt64
        var begunAt: Duration
        var owner: String
        var interval: Duration
    }

    private func fetching(
        _ key: Key, _ stamp: RequestStamp, until deadline: Deadline, _ fetch: @escaping Fetch
    ) -> SharedLookup {
        SharedLookup(until: deadline) { [self] deadline in
            let limit =
                staleEntry(key) == nil ? deadline : min(deadline, time.deadline(after: Self.timeoutWithStaleEntry))
            let answer = await fetch(limit)
            switch answer {
            case .success(.value(let content)): return .content(keep(key, stamp, content), .fetched)
            case .success(.tokenRejected(let resource, let error)):
                end(key, stamp)
                return .rejected(resource: resource, error: error)
            case .success(.withdrawn):
                end(key, stamp)
                return .withdrawn
            case .failure(let error):
                end(key, stamp)
                purge(after: error.code, key)
                return .failure(error)
            }
        }
    }

    private func end(_ key: Key, _ stamp: RequestStamp) {
        state.withLock { state in
            if state.pending[key]?.number == stamp.number { state.pending[key] = nil }
        }
    }

    /// Stores what came, unless a purge or a younger request has come in between.
    private func keep(_ key: Key, _ stamp: RequestStamp, _ content: VaultContent) -> Entry {
        let now = time.elapsed()
        let lifetimeFactor = 1 - 0.15 * time.random()
        return state.withLock { state in
            let lastChangeSeenAt: Duration
            if let earlier = state.entries[key] {
                lastChangeSeenAt = earlier.content.revision == content.revision ? earlier.lastChangeSeenAt : now
            } else {
                // Nothing is known of what was there before. A first mount reads everything anew anyway.
                lastChangeSeenAt = stamp.interval > Self.firstMountAge ? stamp.begunAt - Self.firstMountAge : .zero
            }
            let entry = Entry(
                content: content, fetchedAt: stamp.begunAt, lastChangeSeenAt: lastChangeSeenAt,
                lifetimeFactor: lifetimeFactor)
            guard state.pending[key]?.number == stamp.number else { return entry }
            state.pending[key] = nil
            guard stamp.interval > .zero else { return entry }
            state.evictions += state.entries.store(
                key, entry, cost: Self.overhead + content.byteCount, owner: stamp.owner,
                keepUntil: stamp.begunAt + max(stamp.interval + Self.retention, settings.staleIfError))
            return entry
        }
    }

    // MARK: - Fresh enough

    private static func fresh(_ entry: Entry?, _ freshness: Freshness, _ now: Duration) -> Entry? {
        guard let entry, freshness.maximumAge > .zero else { return nil }
        if let notBefore = freshness.notBefore, entry.fetchedAt < notBefore { return nil }
        // The shortest ages are promises to new pods; only an interval is shortened to spread its ends.
        let age =
            freshness.maximumAge > firstMountAge ? freshness.maximumAge * entry.lifetimeFactor : freshness.maximumAge
        return now - entry.fetchedAt <= age ? entry : nil
    }

    private static func isRecent(_ begunAt: Duration, _ freshness: Freshness, _ now: Duration) -> Bool {
        guard freshness.maximumAge > .zero, now - begunAt <= freshness.maximumAge else { return false }
        return freshness.notBefore.map { begunAt >= $0 } ?? true
    }
}
