internal import AsyncSupport
internal import ProviderCore
internal import Synchronization

/// A cache of the access tokens that Entra or the node's token services issued for a credential.
///
/// A hit means that the same credential was accepted before and that its token is still valid. Another assertion of the
/// same workload is another key and has to prove its identity itself. Failures are never cached here; see
/// `RefusedCredentials`. All members can be used from any thread.
final class TokenCache: Sendable {
    struct Key: Hashable, Sendable {
        var principal: Principal
        /// The resource that the token is for.
        var resource: String
        var credential: CredentialFingerprint
    }

    typealias Exchange = @Sendable (Deadline) async -> Result<AccessToken, ProviderError>

    private struct Entry: Sendable {
        var token: AccessToken
        var refreshAt: Duration
        var expiresAt: Duration
    }

    private typealias Pending = SharedTask<Result<AccessToken, ProviderError>>

    private struct State {
        var entries: RecentMap<Key, Entry>
        var sharedTasks: [Key: Pending] = [:]
    }

    private static let maximumTokens = 4096
    /// The delay after a failed refresh whose cause may be temporary, while the old token is still valid.
    private static let retryDelayAfterFailedRefresh = Duration.seconds(30)
    private static let backgroundTimeout = Duration.seconds(60)

    private let state = Mutex(State(entries: RecentMap(capacity: maximumTokens)))
    private let time: TimeSource
    private let executor: (any TaskExecutor)?

    /// Creates an empty cache, whose exchanges prefer `executor`.
    init(time: TimeSource, executor: (any TaskExecutor)? = nil) {
        self.time = time
        self.executor = executor
    }

    /// Returns the cached token for `key`, or the result of one exchange that all concurrent callers share. A token is
    /// renewed in the background after four fifths of its lifetime, while it is still used.
    func token(
        for key: Key, owner: String, until deadline: Deadline, exchange: @escaping Exchange
    ) async -> (result: Result<AccessToken, ProviderError>, source: TokenSource) {
        enum Step {
            case done(AccessToken)
            case wait(Pending, Pending.Caller, TokenSource)
        }
        let step: Step = state.withLock { state in
            let now = time.elapsed()
            if let entry = state.entries[key], now < entry.expiresAt {
                if now >= entry.refreshAt, state.sharedTasks[key] == nil {
                    let deadline = time.deadline(after: Self.backgroundTimeout)
                    state.sharedTasks[key] = exchanging(key, owner, isAwaited: false, until: deadline, exchange)
                }
                return .done(entry.token)
            }
            if let sharedTask = state.sharedTasks[key], let caller = sharedTask.join(until: deadline) {
                return .wait(sharedTask, caller, .joined)
            }
            let sharedTask = exchanging(key, owner, isAwaited: true, until: deadline, exchange)
            state.sharedTasks[key] = sharedTask
            return .wait(sharedTask, sharedTask.first, .issued)
        }
        switch step {
        case .done(let token): return (.success(token), .cached)
        case .wait(let sharedTask, let caller, let source):
            let result = await sharedTask.value(for: caller)
            return (
                result ?? .failure(ProviderError(.cancelled, "the mount was cancelled while waiting for a token")),
                source
            )
        }
    }

    /// Returns the cached token if it does not need to be renewed yet.
    func peek(_ key: Key) -> AccessToken? {
        let now = time.elapsed()
        return state.withLock { state in
            state.entries[key].flatMap { now < min($0.refreshAt, $0.expiresAt) ? $0.token : nil }
        }
    }

    /// Removes `token`, which a service has rejected, unless a newer one has replaced it.
    func drop(_ token: AccessToken, for key: Key) {
        state.withLock { state in
            if state.entries[key]?.token.secret === token.secret { state.entries.remove(key) }
        }
    }

    func sweep() {
        let now = time.elapsed()
        state.withLock { $0.entries.sweep(now: now) }
    }

    func removeAll() {
        state.withLock { $0.entries.removeAll { _, _ in true } }
    }

    var count: Int { state.withLock { $0.entries.count } }

    private func exchanging(
        _ key: Key, _ owner: String, isAwaited: Bool, until deadline: Deadline, _ exchange: @escaping Exchange
    ) -> Pending {
        Pending(isAwaited: isAwaited, until: deadline, on: executor) { [self] deadline in
            let start = time.elapsed()
            let result = await exchange(deadline)
            keep(key, owner, start, result)
            return result
        }
    }

    private func keep(_ key: Key, _ owner: String, _ start: Duration, _ result: Result<AccessToken, ProviderError>) {
        state.withLock { state in
            state.sharedTasks[key] = nil
            switch result {
            case .success(let token):
                let life = Duration.seconds(token.lifetime)
                let early = max(min(life * 0.8, life - .seconds(300)), life * 0.5)
                let entry = Entry(
                    token: token, refreshAt: start + early * (1 - 0.05 * time.random()),
                    expiresAt: start + life - min(.seconds(60), life * 0.1))
                state.entries.store(key, entry, owner: owner, keepUntil: entry.expiresAt)
            case .failure(let error) where error.code.category == .identity:
                state.entries.remove(key)
            case .failure:
                let again = time.elapsed() + Self.retryDelayAfterFailedRefresh
                state.entries.update(key) { $0.refreshAt = again }
            }
        }
    }
}
