internal import AsyncSupport
internal import ProviderCore
internal import Synchronization

/// Remembers for a short time which credentials Entra has refused, so that retried mounts do not send them again each
/// time.
///
/// Only a definite refusal counts, and not an outage or throttling. A refusal is remembered for 10 seconds, and when it
/// is repeated, for 20, 40 and at most 60 seconds. It applies only to the same credential, client, tenant and
/// namespace, so a workload never gets the refusal of another one. It holds 1,024 refusals, at most 256 of one
/// namespace.
final class RefusedCredentials: Sendable {
    private struct Key: Hashable {
        var token: TokenCache.Key
        var namespace: String
    }

    private struct Refusal {
        var error: ProviderError
        var refusedAt: Duration
        var pause: Duration
    }

    private static let firstPause = Duration.seconds(10)
    private static let longestPause = Duration.seconds(60)
    /// The time after a pause during which another refusal counts as a repetition.
    private static let retention = Duration.seconds(300)

    private let refusals = Mutex(RecentMap<Key, Refusal>(capacity: 1024))
    private let time: TimeSource

    init(time: TimeSource) {
        self.time = time
    }

    /// Returns the refusal of the credential, while it must not be sent again, and nil otherwise.
    func error(for token: TokenCache.Key, of namespace: String) -> ProviderError? {
        let now = time.elapsed()
        let refusal = refusals.withLock { $0.use(Key(token: token, namespace: namespace)) }
        guard let refusal, now < refusal.refusedAt + refusal.pause else { return nil }
        let (age, rest) = (now - refusal.refusedAt, refusal.refusedAt + refusal.pause - now)
        var error = refusal.error
        error.message +=
            " (refused \(Int(age.inSeconds)) s ago; sent again after another \(Int(rest.inSeconds.rounded(.up))) s)"
        return error
    }

    /// Stores the outcome of an exchange.
    func note(_ result: Result<AccessToken, ProviderError>, for token: TokenCache.Key, of namespace: String) {
        let key = Key(token: token, namespace: namespace)
        switch result {
        case .success: refusals.withLock { _ = $0.remove(key) }
        case .failure(let error):
            guard error.code == .exchangeRefused else { return }
            let now = time.elapsed()
            refusals.withLock { refusals in
                let pause = refusals[key].map { min(Self.longestPause, $0.pause * 2) } ?? Self.firstPause
                refusals.store(
                    key, Refusal(error: error, refusedAt: now, pause: pause), owner: namespace,
                    keepUntil: now + pause + Self.retention)
            }
        }
    }

    /// Drops expired entries.
    func sweep() {
        let now = time.elapsed()
        refusals.withLock { $0.sweep(now: now) }
    }
}
