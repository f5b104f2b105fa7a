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
        var question: Question
    }

    /// What a vault is asked about.
    enum Question: Hashable, Sendable {
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
        var settledAt: Duration
        /// Shortens its life a little, so that what was fetched together is not renewed together.
        var haste: Double
    }

    /// Which kept contents will do.
    struct Freshness: Sendable {
        var maximumAge: Duration
        /// Fetched no earlier than this moment.
        var notBefore: Duration?
    }

    /// How asking for a content ended.
    enum Finding: Sendable {
        case content(Entry, ContentSource)
        case failure(ProviderError)
        /// The vault does not take the token.
        case rejected(resource: String?, error: ProviderError)
    }

    typealias Fetch = @Sendable (Deadline) async -> Result<KeyVaultClient.Outcome<VaultContent>, ProviderError>

    private typealias FindingFlight = Flight<Finding>

    private struct Pending: Sendable {
        var flight: FindingFlight
        var begunAt: Duration
        var number: UInt64
    }

    private struct State {
        var entries: BoundedStore<Key, Entry>
        var pending: [Key: Pending] = [:]
        var nextNumber: UInt64 = 0
        var evictions = 0
    }

    /// What an entry costs beside its content, so that many small ones are bounded too.
    private static let overhead = 512
    /// A mount that comes again may be this much later than its interval; until then what it had tells
    /// whether anything has changed.
    private static let memory = Duration.seconds(180)
    /// How exact the moment of an unknown content's appearance is taken to be.
    static let firstMountAge = Duration.seconds(1)
    /// With something kept to fall back on, no more than this is spent on a vault that does not answer.
    private static let patienceWithFallback = Duration.seconds(8)

    private let settings: CacheSettings
    private let time: TimeSource
    private let state: Mutex<State>

    package init(settings: CacheSettings, time: TimeSource) {
        self.settings = settings
        self.time = time
        state = Mutex(State(entries: BoundedStore(capacity: settings.valueBytes)))
    }

    /// What is kept and fresh enough, without waiting for anything.
    func peek(_ key: Key, _ freshness: Freshness) -> Entry? {
        let now = time.elapsed()
        return state.withLock { Self.fresh($0.entries[key], freshness, now) }
    }

    /// The content for `key`: kept, on its way for others, or fetched.
    func value(
        for key: Key, _ freshness: Freshness, owner: String, until deadline: Deadline, fetch: @escaping Fetch
    ) async -> Finding {
        let joined = await attempt(key, freshness, owner, mayJoin: true, deadline, fetch)
        // The token that was rejected is another mount's; one's own may do.
        guard case (.rejected, .joined) = joined else { return joined.finding }
        return await attempt(key, freshness, owner, mayJoin: false, deadline, fetch).finding
    }

    private func attempt(
        _ key: Key, _ freshness: Freshness, _ owner: String, mayJoin: Bool, _ deadline: Deadline,
        _ fetch: @escaping Fetch
    ) async -> (finding: Finding, source: ContentSource) {
        enum Step {
            case done(Entry)
            case wait(FindingFlight, FindingFlight.Caller, ContentSource)
        }
        let step: Step = state.withLock { state in
            let now = time.elapsed()
            if let entry = Self.fresh(state.entries[key], freshness, now) { return .done(entry) }
            if mayJoin, let pending = state.pending[key], Self.isRecent(pending.begunAt, freshness, now),
                let caller = pending.flight.join(until: deadline)
            {
                return .wait(pending.flight, caller, .joined)
            }
            state.nextNumber += 1
            let ticket = Ticket(
                number: state.nextNumber, begunAt: now, owner: owner, interval: freshness.maximumAge)
            let flight = fetching(key, ticket, until: deadline, fetch)
            state.pending[key] = Pending(flight: flight, begunAt: now, number: ticket.number)
            return .wait(flight, flight.first, .fetched)
        }
        switch step {
        case .done(let entry): return (.content(entry, .cached), .cached)
        case .wait(let flight, let caller, let source):
            switch await flight.value(for: caller) {
            case .content(let entry, _): return (.content(entry, source), source)
            case .some(let finding): return (finding, source)
            case nil:
                let error = ProviderError(.cancelled, "the mount was given up while waiting for \(key.scope.vault)")
                return (.failure(error), source)
            }
        }
    }

    /// The last known content, if it may stand in for a vault that failed with `error`.
    func fallback(for key: Key, after error: ProviderError) -> Entry? {
        error.code.isOutage ? fallback(key) : nil
    }

    private func fallback(_ key: Key) -> Entry? {
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
                    && ($0.name == key.name || $0.question == .objects)
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

    private struct Ticket: Sendable {
        var number: UInt64
        var begunAt: Duration
        var owner: String
        var interval: Duration
    }

    private func fetching(
        _ key: Key, _ ticket: Ticket, until deadline: Deadline, _ fetch: @escaping Fetch
    ) -> FindingFlight {
        FindingFlight(until: deadline) { [self] deadline in
            let patience =
                fallback(key) == nil ? deadline : min(deadline, time.deadline(after: Self.patienceWithFallback))
            let answer = await fetch(patience)
            switch answer {
            case .success(.value(let content)): return .content(keep(key, ticket, content), .fetched)
            case .success(.tokenRejected(let resource, let error)):
                end(key, ticket)
                return .rejected(resource: resource, error: error)
            case .failure(let error):
                end(key, ticket)
                purge(after: error.code, key)
                return .failure(error)
            }
        }
    }

    private func end(_ key: Key, _ ticket: Ticket) {
        state.withLock { state in
            if state.pending[key]?.number == ticket.number { state.pending[key] = nil }
        }
    }

    /// Stores what came, unless a purge or a younger request has come in between.
    private func keep(_ key: Key, _ ticket: Ticket, _ content: VaultContent) -> Entry {
        let now = time.elapsed()
        let haste = 1 - 0.15 * time.random()
        return state.withLock { state in
            let settledAt: Duration
            if let earlier = state.entries[key] {
                settledAt = earlier.content.revision == content.revision ? earlier.settledAt : now
            } else {
                // Nothing is known of what was there before. A first mount reads everything anew anyway.
                settledAt = ticket.interval > Self.firstMountAge ? ticket.begunAt - Self.firstMountAge : .zero
            }
            let entry = Entry(content: content, fetchedAt: ticket.begunAt, settledAt: settledAt, haste: haste)
            guard state.pending[key]?.number == ticket.number else { return entry }
            state.pending[key] = nil
            guard ticket.interval > .zero else { return entry }
            state.evictions += state.entries.store(
                key, entry, cost: Self.overhead + content.byteCount, owner: ticket.owner,
                keepUntil: ticket.begunAt + max(ticket.interval + Self.memory, settings.staleIfError))
            return entry
        }
    }

    // MARK: - Fresh enough

    private static func fresh(_ entry: Entry?, _ freshness: Freshness, _ now: Duration) -> Entry? {
        guard let entry, freshness.maximumAge > .zero else { return nil }
        if let notBefore = freshness.notBefore, entry.fetchedAt < notBefore { return nil }
        // The shortest ages are promises to new pods; only an interval is shortened to spread its ends.
        let age = freshness.maximumAge > firstMountAge ? freshness.maximumAge * entry.haste : freshness.maximumAge
        return now - entry.fetchedAt <= age ? entry : nil
    }

    private static func isRecent(_ begunAt: Duration, _ freshness: Freshness, _ now: Duration) -> Bool {
        guard freshness.maximumAge > .zero, now - begunAt <= freshness.maximumAge else { return false }
        return freshness.notBefore.map { begunAt >= $0 } ?? true
    }
}
