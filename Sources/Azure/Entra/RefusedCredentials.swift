internal import AsyncSupport
internal import ProviderCore
internal import Synchronization

/// Remembers for a short time which credentials Entra has refused, so that mounts that are retried do not send them
/// again and again.
///
/// Only a definite refusal counts, not an outage and not a throttling. A refusal is remembered for 10 seconds, and if
/// the same follows, for 20, 40 and at most 60. It belongs to the very credential, client, tenant and namespace, so no
/// workload is ever given the refusal of another. It remembers 1,024 refusals, at most 256 of one namespace.
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
    /// How long after a pause a refusal counts as a repeated one.
    private static let retention = Duration.seconds(300)

    private let refusals = Mutex(RecentMap<Key, Refusal>(capacity: 1024))
    private let time: TimeSource

    init(time: TimeSource) {
        self.time = time
    }

    /// The refusal of the credential, while it is not to be sent again.
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

    /// Takes note of what came of an exchange.
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

    /// Forgets what need not be kept any more.
    func sweep() {
        let now = time.elapsed()
        refusals.withLock { $0.sweep(now: now) }
    }
}
