internal import AsyncSupport
internal import ProviderCore
internal import Synchronization

/// A cache of vault responses, shared by the mounts of a node that have proven to be the same principal.
///
/// It relies on its callers to prove their principal first: `VaultFetch` holds a valid token of the principal before it
/// calls. Entries are never shared between principals, and a refusal removes the entries that it concerns. All members
/// can be used from any thread.
package final class ValueCache: Sendable {
    struct Entry: Sendable {
        var content: VaultContent
        /// The time at which its request began.
        var fetchedAt: Duration
        /// The time at which the content was seen to have changed. Contents of the same set match it only if they were
        /// requested later.
        var lastChangeSeenAt: Duration
        /// Random factor (0.85 to 1) on the lifetime, so that entries fetched together do not expire together.
        var lifetimeFactor: Double
        /// The number of the request that it comes from. Two entries never have the same number.
        var number: UInt64
    }

    /// The required freshness of a cached content.
    struct Freshness: Sendable {
        var maximumAge: Duration
        /// The earliest allowed time of its request; nil for no restriction.
        var notBefore: Duration?
    }

    /// The outcome of a look-up.
    enum LookupResult: Sendable {
        case content(Entry, ContentSource)
        case failure(ProviderError)
        /// The vault rejected the token.
        case rejected(resource: String?, error: ProviderError)
        /// The content was not requested, because the batch that wanted it was withdrawn.
        case withdrawn
    }

    /// Fetches the contents of `keys`, and calls the function exactly once for each, with the key's index.
    typealias Fetch =
        @Sendable (
            _ keys: [Int], _ deadline: Deadline,
            _ deliver: @Sendable (Int, Result<KeyVaultClient.Outcome<VaultContent>, ProviderError>) -> Void
        ) async -> Void

    /// A content that a mount wants.
    struct Wish: Sendable {
        var key: Key
        var freshness: Freshness
    }

    private struct Pending: Sendable {
        var content: PendingContent
        var number: UInt64
    }

    private struct State {
        var entries: RecentMap<Key, Entry>
        /// The scopes of the entries. Equal scopes exist once, however many mounts created one.
        var scopes: Set<Scope> = []
        var pending: [Key: Pending] = [:]
        var nextNumber: UInt64 = 0
        var evictions = 0
    }

    /// The memory of an entry in addition to its content, in bytes, so that the number of small entries is limited too.
    private static let overhead = 512
    /// The time for which an entry is kept after its interval. A repeated mount can be late by this much, and the old
    /// content then shows whether anything has changed.
    private static let retention = Duration.seconds(180)
    /// The assumed precision of the time at which an unknown content appeared.
    static let firstMountAge = Duration.seconds(1)
    /// The maximum time for a vault that does not respond, if a stale entry can be used instead.
    private static let timeoutWithStaleEntry = Duration.seconds(8)

    private let settings: CacheSettings
    private let time: TimeSource
    private let executor: (any TaskExecutor)?
    private let state: Mutex<State>

    /// Creates an empty cache, whose fetches prefer `executor`.
    package init(settings: CacheSettings, time: TimeSource, executor: (any TaskExecutor)? = nil) {
        self.settings = settings
        self.time = time
        self.executor = executor
        state = Mutex(State(entries: RecentMap(capacity: settings.valueBytes)))
    }

    /// Returns the entry if it is cached and fresh enough, without waiting.
    func peek(_ key: Key, _ freshness: Freshness) -> Entry? {
        let now = time.elapsed()
        return state.withLock { Self.fresh($0.entries[key], freshness, now) }
    }

    /// Whether the cache still holds all of `entries`, and they are fresh enough if `freshness` is not nil.
    func holds(_ entries: [FetchBasis.Entry], _ freshness: Freshness?) -> Bool {
        let now = time.elapsed()
        return state.withLock { state in
            entries.allSatisfy { wanted in
                guard let entry = state.entries[wanted.key], entry.number == wanted.number else { return false }
                return freshness.map { Self.fresh(entry, $0, now) != nil } ?? true
            }
        }
    }

    /// Returns the contents for `wishes` in their order: from the cache, from a request that is already running, or
    /// from a new one. All new requests are made together. The result is nil for contents that have not arrived when
    /// `deadline` is well past, or when the task is cancelled.
    ///
    /// `observe` is called from any thread for each content that was not cached, when it arrives.
    func values(
        for wishes: [Wish], owner: String, until deadline: Deadline,
        observe: @escaping @Sendable (LookupResult) -> Void = { _ in }, fetch: @escaping Fetch
    ) async -> [LookupResult?] {
        var results = await attempt(wishes, owner, mayJoin: true, deadline, observe, fetch)
        // The rejected token, or the withdrawn batch, belonged to another mount.
        let again = results.indices.filter { index in
            guard results[index]?.source == .joined else { return false }
            switch results[index]?.result {
            case .rejected, .withdrawn: return true
            default: return false
            }
        }
        if !again.isEmpty {
            let second = await attempt(
                again.map { wishes[$0] }, owner, mayJoin: false, deadline, observe
            ) { keys, deadline, deliver in
                await fetch(keys.map { again[$0] }, deadline) { index, outcome in
                    if let position = again.firstIndex(of: index) { deliver(position, outcome) }
                }
            }
            for (position, index) in again.enumerated() { results[index] = second[position] }
        }
        return results.map { $0?.result }
    }

    private typealias Sourced = (result: LookupResult, source: ContentSource)

    private func attempt(
        _ wishes: [Wish], _ owner: String, mayJoin: Bool, _ deadline: Deadline,
        _ observe: @escaping @Sendable (LookupResult) -> Void, _ fetch: @escaping Fetch
    ) async -> [Sourced?] {
        var sources = [ContentSource](repeating: .cached, count: wishes.count)
        var kept = [Entry?](repeating: nil, count: wishes.count)
        var joined: [(index: Int, content: PendingContent)] = []
        // The time for a vault that does not respond is shorter if a stale entry can be used instead.
        let tasks = [FetchTask(until: deadline, on: executor), FetchTask(until: deadline, on: executor)]
        var own: [[Order]] = [[], []]
        state.withLock { state in
            let now = time.elapsed()
            for (index, wish) in wishes.enumerated() {
                if let entry = Self.fresh(state.entries[wish.key], wish.freshness, now) {
                    kept[index] = entry
                    continue
                }
                if mayJoin, let pending = state.pending[wish.key],
                    Self.isRecent(pending.content.begunAt, wish.freshness, now)
                {
                    sources[index] = .joined
                    joined.append((index, pending.content))
                    continue
                }
                state.nextNumber += 1
                let stamp = RequestStamp(
                    number: state.nextNumber, begunAt: now, owner: owner, interval: wish.freshness.maximumAge)
                let kind = isStandby(state.entries[wish.key], now) ? 1 : 0
                let content = PendingContent(in: tasks[kind], begunAt: now)
                state.pending[wish.key] = Pending(content: content, number: stamp.number)
                sources[index] = .fetched
                own[kind].append(Order(index: index, key: wish.key, stamp: stamp, content: content))
            }
        }
        let waitingCount = joined.count + own[0].count + own[1].count
        if waitingCount > 0 {
            let collector = ContentCollector(count: wishes.count, missing: waitingCount, observe: observe)
            var places: [(PendingContent, UInt64)] = []
            for (index, content) in joined + own.joined().map({ ($0.index, $0.content) }) {
                if let place = content.join(until: deadline, { collector.set(index, $0) }) {
                    places.append((content, place))
                } else {
                    // The mounts that wanted it have just left, so it is fetched again for this caller.
                    collector.set(index, .withdrawn)
                }
            }
            for (kind, orders) in own.enumerated() where !orders.isEmpty {
                begin(tasks[kind], orders, kind == 1, fetch)
            }
            let remaining = max(.zero, deadline.remaining)
            if await !collector.wait(timeout: remaining + min(.seconds(5), remaining * 0.5)) {
                for (content, place) in places { content.leave(place) }
            }
            let results = collector.results
            return wishes.indices.map { index in
                if let entry = kept[index] { return (.content(entry, .cached), .cached) }
                guard case .content(let entry, _) = results[index] else {
                    return results[index].map { ($0, sources[index]) }
                }
                return (.content(entry, sources[index]), sources[index])
            }
        }
        return kept.map { entry in entry.map { (.content($0, .cached), .cached) } }
    }

    /// A content that this mount fetches, for itself and for others that wait for it.
    private struct Order: Sendable {
        var index: Int
        var key: Key
        var stamp: RequestStamp
        var content: PendingContent
    }

    private func begin(_ task: FetchTask, _ orders: [Order], _ hasStandby: Bool, _ fetch: @escaping Fetch) {
        let positions = Dictionary(uniqueKeysWithValues: orders.enumerated().map { ($1.index, $0) })
        task.begin { [self] deadline in
            let limit = hasStandby ? min(deadline, time.deadline(after: Self.timeoutWithStaleEntry)) : deadline
            await fetch(orders.map(\.index), limit) { index, outcome in
                guard let position = positions[index] else { return }
                let order = orders[position]
                order.content.finish(settle(order, outcome))
            }
            // A cancelled fetch does not have an outcome.
            for order in orders {
                end(order.key, order.stamp)
                order.content.finish(.withdrawn)
            }
        }
    }

    private func settle(
        _ order: Order, _ outcome: Result<KeyVaultClient.Outcome<VaultContent>, ProviderError>
    ) -> LookupResult {
        switch outcome {
        case .success(.value(let content)): return .content(keep(order.key, order.stamp, content), .fetched)
        case .success(.tokenRejected(let resource, let error)):
            end(order.key, order.stamp)
            return .rejected(resource: resource, error: error)
        case .success(.withdrawn):
            end(order.key, order.stamp)
            return .withdrawn
        case .failure(let error):
            end(order.key, order.stamp)
            purge(after: error.code, order.key)
            return .failure(error)
        }
    }

    private func isStandby(_ entry: Entry?, _ now: Duration) -> Bool {
        guard settings.staleIfError > .zero, let entry else { return false }
        return now - entry.fetchedAt <= settings.staleIfError
    }

    /// Returns the last known content, if it can be used instead of a response that failed with `error`.
    func staleEntry(for key: Key, after error: ProviderError) -> Entry? {
        guard error.code.isOutage else { return nil }
        let now = time.elapsed()
        return state.withLock { state in state.entries[key].flatMap { isStandby($0, now) ? $0 : nil } }
    }

    /// Removes the entries that a refusal makes doubtful, including those that are being fetched.
    func purge(after code: ErrorCode, _ key: Key) {
        let isConcerned: @Sendable (Key) -> Bool
        switch code {
        case .vaultForbidden: isConcerned = { $0.scope == key.scope }
        case .objectNotFound, .objectDisabled:
            // A refused list of objects concerns other objects too.
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
        state.withLock { state in
            state.entries.sweep(now: now)
            var scopes: Set<Scope> = []
            state.entries.forEachKey { scopes.insert($0.scope) }
            state.scopes = scopes
        }
    }

    package func removeAll() {
        state.withLock { state in
            state.entries.removeAll { _, _ in true }
            state.scopes = []
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

    private func end(_ key: Key, _ stamp: RequestStamp) {
        state.withLock { state in
            if state.pending[key]?.number == stamp.number { state.pending[key] = nil }
        }
    }

    /// Stores a response, unless a purge or a newer request came first.
    private func keep(_ key: Key, _ stamp: RequestStamp, _ content: VaultContent) -> Entry {
        let now = time.elapsed()
        let lifetimeFactor = 1 - 0.15 * time.random()
        return state.withLock { state in
            let lastChangeSeenAt: Duration
            if let earlier = state.entries[key] {
                lastChangeSeenAt = earlier.content.revision == content.revision ? earlier.lastChangeSeenAt : now
            } else {
                // The earlier content is not known. A first mount reads all objects again in any case.
                lastChangeSeenAt = stamp.interval > Self.firstMountAge ? stamp.begunAt - Self.firstMountAge : .zero
            }
            let entry = Entry(
                content: content, fetchedAt: stamp.begunAt, lastChangeSeenAt: lastChangeSeenAt,
                lifetimeFactor: lifetimeFactor, number: stamp.number)
            guard state.pending[key]?.number == stamp.number else { return entry }
            state.pending[key] = nil
            guard stamp.interval > .zero else { return entry }
            var key = key
            key.scope = state.scopes.insert(key.scope).memberAfterInsert
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
        // Only the age of an interval is shortened, to spread the refreshes. The shortest ages are guarantees for new
        // pods.
        let age =
            freshness.maximumAge > firstMountAge ? freshness.maximumAge * entry.lifetimeFactor : freshness.maximumAge
        return now - entry.fetchedAt <= age ? entry : nil
    }

    private static func isRecent(_ begunAt: Duration, _ freshness: Freshness, _ now: Duration) -> Bool {
        guard freshness.maximumAge > .zero, now - begunAt <= freshness.maximumAge else { return false }
        return freshness.notBefore.map { begunAt >= $0 } ?? true
    }
}
