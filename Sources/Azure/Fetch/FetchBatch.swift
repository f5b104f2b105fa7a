internal import ProviderCore

/// Independent reads, side by side and in bounded number; their outcomes in the order of the jobs.
struct FetchBatch: Sendable {
    typealias Content = (job: ObjectReader.Job, entry: ValueCache.Entry, source: ContentSource)

    /// Reads that one mount has under way at once; the vault's gate bounds those of the node.
    private static let parallelReads = 50

    private(set) var contents: [Content] = []
    private(set) var errors: [(item: Int, error: ProviderError)] = []
    private(set) var rejection: FetchRound.Outcome?

    init(_ jobs: [ObjectReader.Job], _ round: FetchRound, _ reader: ObjectReader, _ token: AccessToken) async {
        let withdrawal = Withdrawal()
        var round = round
        round.context.withdrawal = withdrawal
        var results = jobs.map { reader.peek($0) }
        for result in results { Self.count(result, round) }
        let missing = results.indices.filter { results[$0] == nil }
        if !missing.isEmpty {
            let found = await withDeadline(round.context.deadline) { [round] in
                await Self.read(missing.map { jobs[$0] }, round, reader, token, withdrawal)
            }
            for (offset, index) in missing.enumerated() {
                results[index] = found.map { $0[offset] } ?? .failure(Self.timeUp(jobs[index], round))
            }
        }
        if let excess = round.bytes.excess {
            errors.append((jobs.first?.item ?? 0, excess))
            return
        }
        // An object that was not tried, because the vault was found not to answer, shares that fate.
        let outage = results.lazy.compactMap(Self.outage).first
        var refused = RefusedObjects()
        for (job, result) in zip(jobs, results) {
            switch result {
            case .content(let entry, let source): contents.append((job, entry, source))
            case .rejected(let resource, let error): rejection = .rejected(resource: resource, error: error)
            case .failure, .withdrawn, nil:
                let error = Self.error(result) ?? outage
                // What has to fit a changed object must come from the vault.
                if job.freshness.notBefore == nil, let error,
                    case .content(let entry, let source) = reader.staleEntry(job, after: error)
                {
                    contents.append((job, entry, source))
                } else if let error = Self.error(result) {
                    if error.code == .vaultForbidden {
                        refused.append(job, refusedWith: error)
                    } else {
                        errors.append((job.item, error))
                    }
                } else if withdrawal.isWithdrawn {
                    refused.append(notAskedFor: job)
                }
            }
        }
        errors += refused.errors(of: round.vault)
        if errors.isEmpty, rejection == nil, contents.count < jobs.count, let outage {
            errors.append((jobs.first?.item ?? 0, outage))
        }
    }

    /// Nil for those that were not begun. Withdraws those that were not sent after some refusals.
    private static func read(
        _ jobs: [ObjectReader.Job], _ round: FetchRound, _ reader: ObjectReader, _ token: AccessToken,
        _ withdrawal: Withdrawal
    ) async -> [ValueCache.LookupResult?] {
        if jobs.count == 1 {
            let result = await reader.read(jobs[0], round, token)
            count(result, round)
            return [result]
        }
        return await withTaskGroup(of: (Int, ValueCache.LookupResult).self) { group in
            var results = [ValueCache.LookupResult?](repeating: nil, count: jobs.count)
            var next = min(jobs.count, parallelReads)
            for index in 0..<next { group.addTask { (index, await reader.read(jobs[index], round, token)) } }
            var vaultIsDown = false
            var refusals = 0
            while let (index, result) = await group.next() {
                results[index] = result
                count(result, round)
                // No more is begun with a vault that does not answer; what is under way may still tell.
                if outage(result) != nil { vaultIsDown = true }
                if error(result)?.code == .vaultForbidden { refusals += 1 }
                if refusals > RefusedObjects.maximum { withdrawal.withdraw() }
                guard next < jobs.count, !vaultIsDown, !withdrawal.isWithdrawn, round.bytes.excess == nil
                else { continue }
                let following = next
                next += 1
                group.addTask { (following, await reader.read(jobs[following], round, token)) }
            }
            return results
        }
    }

    private static func count(_ result: ValueCache.LookupResult?, _ round: FetchRound) {
        if case .content(let entry, _) = result { round.bytes.add(entry.content, of: round.scope) }
    }

    private static func timeUp(_ job: ObjectReader.Job, _ round: FetchRound) -> ProviderError {
        ProviderError(
            .timedOut,
            job.object.failurePrefix
                + "the mount's time was used up while requests to the vault \(round.vault.host)"
                + " had to wait for others of this node")
    }

    private static func error(_ result: ValueCache.LookupResult?) -> ProviderError? {
        if case .failure(let error) = result { error } else { nil }
    }

    private static func outage(_ result: ValueCache.LookupResult?) -> ProviderError? {
        error(result).flatMap { $0.code.isOutage ? $0 : nil }
    }
}
