internal import ProviderCore
internal import Synchronization

/// A limited number of concurrent reads. The results have the order of the jobs.
struct FetchBatch: Sendable {
    typealias Content = (job: ObjectReader.Job, entry: ValueCache.Entry, source: ContentSource)

    private(set) var contents: [Content] = []
    private(set) var errors: [(item: Int, error: ProviderError)] = []
    private(set) var rejection: FetchRound.Outcome?
    /// The error because of which stale contents were used.
    private(set) var staleCause: ProviderError?

    init(_ jobs: [ObjectReader.Job], _ round: FetchRound, _ reader: ObjectReader, _ token: AccessToken) async {
        let watch = Watch(round)
        var round = round
        round.context.withdrawal = watch.withdrawal
        var results = jobs.map { reader.peek($0) }
        for result in results { watch.count(result) }
        let missing = results.indices.filter { results[$0] == nil }
        if !missing.isEmpty {
            let found = await reader.read(missing.map { jobs[$0] }, round, token, observe: watch.observe)
            for (index, result) in zip(missing, found) {
                results[index] = result ?? .failure(Self.timeUp(jobs[index], round))
            }
        }
        if let excess = round.bytes.excess {
            errors.append((jobs.first?.item ?? 0, excess))
            return
        }
        // An object that was not requested because the vault did not respond gets the same error.
        let outage = results.lazy.compactMap(Self.outage).first
        var refused = RefusedObjects()
        for (job, result) in zip(jobs, results) {
            switch result {
            case .content(let entry, let source): contents.append((job, entry, source))
            case .rejected(let resource, let error): rejection = .rejected(resource: resource, error: error)
            case .failure, .withdrawn, nil:
                let error = Self.error(result) ?? outage
                // A content that has to match a changed object must come from the vault.
                if job.freshness.notBefore == nil, let error,
                    case .content(let entry, let source) = reader.staleEntry(job, after: error)
                {
                    contents.append((job, entry, source))
                    staleCause = staleCause ?? error
                } else if let error = Self.error(result) {
                    if error.code == .vaultForbidden {
                        refused.append(job, refusedWith: error)
                    } else {
                        errors.append((job.item, error))
                    }
                } else if watch.isRefused {
                    refused.append(notAskedFor: job)
                }
            }
        }
        errors += refused.errors(of: round.vault)
        if errors.isEmpty, rejection == nil, contents.count < jobs.count, let outage {
            errors.append((jobs.first?.item ?? 0, outage))
        }
    }

    private static func timeUp(_ job: ObjectReader.Job, _ round: FetchRound) -> ProviderError {
        ProviderError(
            .timedOut, of: job.object, in: round.vault.name,
            "the mount's time was used up while requests to the vault \(round.vault.host)"
                + " had to wait for others of this node")
    }

    fileprivate static func error(_ result: ValueCache.LookupResult?) -> ProviderError? {
        if case .failure(let error) = result { error } else { nil }
    }

    fileprivate static func outage(_ result: ValueCache.LookupResult?) -> ProviderError? {
        error(result).flatMap { $0.code.isOutage ? $0 : nil }
    }
}

/// Withdraws the requests of a batch that have not been sent, when the results of the others show that they are
/// useless.
private final class Watch: Sendable {
    let withdrawal = Withdrawal()
    private let refusals = Atomic(0)
    private let bytes: FetchedBytes
    private let scope: ValueCache.Scope

    init(_ round: FetchRound) {
        bytes = round.bytes
        scope = round.scope
    }

    /// Whether so many objects were refused to the identity that the remaining ones are not requested.
    var isRefused: Bool { refusals.load(ordering: .relaxed) > RefusedObjects.maximum }

    func count(_ result: ValueCache.LookupResult?) {
        if case .content(let entry, _) = result { bytes.add(entry.content, of: scope) }
    }

    @Sendable func observe(_ result: ValueCache.LookupResult) {
        count(result)
        if FetchBatch.error(result)?.code == .vaultForbidden { refusals.add(1, ordering: .relaxed) }
        // A vault that does not respond gets no more requests. Responses to earlier requests may still arrive.
        if FetchBatch.outage(result) != nil || isRefused || bytes.excess != nil { withdrawal.withdraw() }
    }
}
