internal import AsyncSupport
internal import Azure
internal import Kubernetes
internal import ProviderCore

/// The annotations of service accounts that were read last, and how long each of them can be used.
///
/// This type does not use a clock or the network; each call passes the time as `elapsed`.
struct AnnotationCache: Sendable {
    typealias Answer = Result<AnnotatedIdentity, KubernetesError>

    private struct Entry: Sendable {
        /// The annotations that were read last, and when that request began.
        var identity: AnnotatedIdentity?
        var readAt = Duration.zero
        /// The reason why the last request failed, and the time until which it is not retried.
        var failure: KubernetesError?
        var pausedUntil = Duration.zero
    }

    /// The maximum age of annotations for a volume that was mounted with the identity that they name.
    private static let refreshInterval = Duration.seconds(120)
    /// The maximum age for any other volume. It is short, because users wait for the effect of a change there.
    private static let freshness = Duration.seconds(1)
    /// The time for which an account without the annotation is not requested again.
    private static let lifetimeWithoutClient = Duration.seconds(10)
    /// The maximum age of annotations that are used while the API server is not available.
    private static let outageRetention = Duration.seconds(900)
    /// The time without requests after a failure, unless the API server asks for a longer one.
    private static let pauseAfterFailure = Duration.seconds(5)
    private static let longestPause = Duration.seconds(30)

    private var entries = RecentMap<ServiceAccountReference, Entry>(capacity: 2048)

    /// Returns the annotations of `account` that were read within the refresh interval, or nil.
    func known(_ account: ServiceAccountReference, elapsed: Duration) -> AnnotatedIdentity? {
        guard let entry = entries[account], elapsed - entry.readAt < Self.refreshInterval else { return nil }
        return entry.identity
    }

    /// Returns the result that does not need a request, or nil if a request is needed.
    func answer(to account: ServiceAccountReference, elapsed: Duration) -> Answer? {
        guard let entry = entries[account] else { return nil }
        if let failure = entry.failure {
            return elapsed < entry.pausedUntil ? substitute(entry, failure, elapsed) : nil
        }
        let lifetime = entry.identity?.clientID == nil ? Self.lifetimeWithoutClient : Self.freshness
        guard elapsed - entry.readAt < lifetime else { return nil }
        return entry.identity.map { .success($0) }
    }

    /// Stores the outcome of a request that began at `start`, and returns the result for the callers.
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

    /// Returns the annotations that were read last, if they can be used while the API server is not available, or else
    /// the failure.
    private func substitute(_ entry: Entry, _ failure: KubernetesError, _ elapsed: Duration) -> Answer {
        guard failure.isOutage, let identity = entry.identity, identity.clientID != nil,
            elapsed - entry.readAt < Self.outageRetention
        else { return .failure(failure) }
        return .success(identity)
    }

    /// Drops expired entries.
    mutating func sweep(elapsed: Duration) { entries.sweep(now: elapsed) }
}

extension KubernetesError {
    /// Whether the API server did not respond about the object, so that earlier annotations may still be correct.
    var isOutage: Bool { kind == .unreachable || kind == .unavailable }
}
