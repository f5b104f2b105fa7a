internal import ProviderCore

/// Reads one object's content, or the list of its versions, from the cache or the vault.
struct ObjectReader: Sendable {
    let vault: KeyVaultClient
    let values: ValueCache
    let time: TimeSource
    let observer: any FetchObserver

    /// What to read, and how fresh it must be.
    struct Job: Sendable {
        /// Its index in the plan.
        var item: Int
        var object: KeyVaultObject
        var key: ValueCache.Key
        var freshness: ValueCache.Freshness

        /// Whether its content may change under the same name.
        var isLatest: Bool {
            switch key.query {
            case .content(let version): version.isEmpty
            case .versions, .objects: true
            }
        }
    }

    /// What is at hand without waiting.
    func peek(_ job: Job) -> ValueCache.LookupResult? {
        values.peek(job.key, job.freshness).map { .content($0, .cached) }
    }

    func read(_ job: Job, _ round: FetchRound, _ token: AccessToken) async -> ValueCache.LookupResult {
        let context = round.context
        return await values.value(
            for: job.key, job.freshness, owner: context.namespace, until: context.deadline
        ) { deadline in
            let start = time.elapsed()
            let outcome = await request(job, in: round.vault, token, context.until(deadline))
            let error: ErrorCode?
            switch outcome {
            case .success(.value): error = nil
            case .success(.withdrawn): return outcome
            case .success(.tokenRejected(_, let failure)), .failure(let failure): error = failure.code
            }
            observer.observe(
                VaultRequestObservation(
                    object: job.object, namespace: context.namespace, duration: time.elapsed() - start, error: error))
            return outcome
        }
    }

    /// What the vault last said, if it may stand in for one that cannot be asked.
    func staleEntry(_ job: Job, after error: ProviderError) -> ValueCache.LookupResult? {
        values.staleEntry(for: job.key, after: error).map { .content($0, .stale) }
    }

    private func request(
        _ job: Job, in address: VaultAddress, _ token: AccessToken, _ context: RequestContext
    ) async -> Result<KeyVaultClient.Outcome<VaultContent>, ProviderError> {
        do throws(ProviderError) {
            switch job.key.query {
            case .content(let version):
                return .success(
                    try await vault.read(
                        job.object, version: version, in: address, token: token, context: context
                    ).map { .item($0.item, $0.attributes) })
            case .versions:
                return .success(
                    try await vault.versions(
                        of: job.object, in: address, token: token, context: context
                    ).map { .list($0) })
            case .objects:
                return .success(
                    try await vault.objects(
                        like: job.object, in: address, token: token, context: context
                    ).map { .objects($0) })
            }
        } catch {
            return .failure(error)
        }
    }
}
