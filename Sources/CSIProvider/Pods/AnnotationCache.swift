internal import AsyncSupport
internal import Azure
internal import Kubernetes
internal import ProviderCore

/// What service accounts were last seen to be annotated with, and what that is still good for.
///
/// Plain values without clock or network: `elapsed` comes with each call.
struct AnnotationCache: Sendable {
    typealias Answer = Result<AnnotatedIdentity, KubernetesError>

    private struct Entry: Sendable {
        /// What was last read, and when that was asked for.
        var identity: AnnotatedIdentity?
        var readAt = Duration.zero
        /// Why it could not be read again, and until when that is not tried.
        var failure: KubernetesError?
        var pausedUntil = Duration.zero
    }

    /// How old an answer may be for a volume that was filled with the identity it names.
    private static let refreshInterval = Duration.seconds(120)
    /// How old it may be for any other volume, where people wait for what they have just changed.
    private static let freshness = Duration.seconds(1)
    /// How long an account without the annotation is not asked about again.
    private static let lifetimeWithoutClient = Duration.seconds(10)
    /// How old an answer may be to stand in for an API server that cannot be asked.
    private static let outageRetention = Duration.seconds(900)
    /// How long the API server is left alone after a failure, unless it asks for more.
    private static let pauseAfterFailure = Duration.seconds(5)
    private static let longestPause = Duration.seconds(30)

    private var entries = RecentMap<ServiceAccountReference, Entry>(capacity: 2048)

    /// What was read of `account` within the refresh interval.
    func known(_ account: ServiceAccountReference, elapsed: Duration) -> AnnotatedIdentity? {
        guard let entry = entries[account], elapsed - entry.readAt < Self.refreshInterval else { return nil }
        return entry.identity
    }

    /// The answer that needs no request; nil when there is none.
    func answer(to account: ServiceAccountReference, elapsed: Duration) -> Answer? {
        guard let entry = entries[account] else { return nil }
        if let failure = entry.failure {
            return elapsed < entry.pausedUntil ? substitute(entry, failure, elapsed) : nil
        }
        let lifetime = entry.identity?.clientID == nil ? Self.lifetimeWithoutClient : Self.freshness
        guard elapsed - entry.readAt < lifetime else { return nil }
        return entry.identity.map { .success($0) }
    }

    /// Takes note of what came of a request that began at `start`; returns the resulting answer.
    mutating func note(
        _ outcome: Answer, of account: ServiceAccountReference, start: Duration, elapsed: Duration
    ) -> Answer {
        let entry: Entry
        let answer: Answer
        switch outcome {
        case .success(let identity):
            entry = Entry(identity: identity, readAt: start)
            answer = outcome
        case .failure(let failure):
            var known = failure.isOutage ? entries[account] ?? Entry() : Entry()
            known.failure = failure
            known.pausedUntil = elapsed + min(Self.longestPause, max(failure.pause ?? .zero, Self.pauseAfterFailure))
            entry = known
            answer = substitute(entry, failure, elapsed)
        }
        entries.store(
            account, entry, owner: account.namespace,
            keepUntil: max(entry.readAt + Self.outageRetention, entry.pausedUntil))
        return answer
    }

    /// What was last read, if that may stand in for an API server that cannot be asked.
    private func substitute(_ entry: Entry, _ failure: KubernetesError, _ elapsed: Duration) -> Answer {
        guard failure.isOutage, let identity = entry.identity, identity.clientID != nil,
            elapsed - entry.readAt < Self.outageRetention
        else { return .failure(failure) }
        return .success(identity)
    }

    /// Forgets what need not be kept any more.
    mutating func sweep(elapsed: Duration) { entries.sweep(now: elapsed) }
}

extension KubernetesError {
    /// No answer was about the object, so what was last said may still be true.
    var isOutage: Bool { kind == .unreachable || kind == .unavailable }
}
