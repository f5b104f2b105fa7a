internal import ProviderCore

/// Reads the content of an object, or a list, from the cache or the vault.
struct ObjectReader: Sendable {
    let vault: KeyVaultClient
    let values: ValueCache
    let time: TimeSource
    let observer: any FetchObserver

    /// A content to read, and its required freshness.
    struct Job: Sendable {
        /// The index of the item in the plan.
        var item: Int
        var object: KeyVaultObject
        var key: ValueCache.Key
        var freshness: ValueCache.Freshness

        /// Whether the content can change under the same name.
        var isLatest: Bool {
            switch key.query {
            case .content(let version): version.isEmpty
            case .versions, .objects: true
            }
        }
    }

    /// Returns the result if the cache can provide it without waiting.
    func peek(_ job: Job) -> ValueCache.LookupResult? {
        values.peek(job.key, job.freshness).map { .content($0, .cached) }
    }

    /// Reads objects together. The result is nil for objects that did not arrive in time. `observe` is called from any
    /// thread for each content that was not cached, when it arrives.
    func read(
        _ jobs: [Job], _ round: FetchRound, _ token: AccessToken,
        observe: @escaping @Sendable (ValueCache.LookupResult) -> Void
    ) async -> [ValueCache.LookupResult?] {
        let wishes = jobs.map { ValueCache.Wish(key: $0.key, freshness: $0.freshness) }
        return await values.values(
            for: wishes, owner: round.context.namespace, until: round.context.deadline, observe: observe
        ) { indices, deadline, deliver in
            let start = time.elapsed()
            let context = round.context.until(deadline)
            await request(indices, of: jobs, in: round.vault, token, context) { index, outcome in
                report(outcome, of: jobs[index], context, start)
                deliver(index, outcome)
            }
        }
    }

    private func report(_ outcome: Outcome, of job: Job, _ context: RequestContext, _ start: Duration) {
        let error: ErrorCode?
        switch outcome {
        case .success(.value): error = nil
        case .success(.withdrawn): return
        case .success(.tokenRejected(_, let failure)), .failure(let failure): error = failure.code
        }
        observer.observe(
            VaultRequestObservation(
                object: job.object, namespace: context.namespace, duration: time.elapsed() - start, error: error))
    }

    /// Returns the last content from the vault, if it can be used while the vault is not available.
    func staleEntry(_ job: Job, after error: ProviderError) -> ValueCache.LookupResult? {
        values.staleEntry(for: job.key, after: error).map { .content($0, .stale) }
    }

    private typealias Outcome = Result<KeyVaultClient.Outcome<VaultContent>, ProviderError>

    /// Contents are requested together. A list can have many pages, so each list has its own task.
    private func request(
        _ indices: [Int], of jobs: [Job], in address: VaultAddress, _ token: AccessToken, _ context: RequestContext,
        deliver: (Int, Outcome) -> Void
    ) async {
        var contents: [(index: Int, object: KeyVaultObject, version: String)] = []
        var lists: [Int] = []
        for index in indices {
            if case .content(let version) = jobs[index].key.query {
                contents.append((index, jobs[index].object, version))
            } else {
                lists.append(index)
            }
        }
        if !contents.isEmpty {
            await vault.read(
                contents.map { ($0.object, $0.version) }, in: address, token: token, context: context
            ) { position, outcome in
                deliver(contents[position].index, outcome.map { $0.map { .item($0.item, $0.attributes) } })
            }
        }
        if lists.isEmpty { return }
        await withTaskGroup(of: (Int, Outcome).self) { group in
            for index in lists { group.addTask { (index, await list(jobs[index], in: address, token, context)) } }
            for await (index, outcome) in group { deliver(index, outcome) }
        }
    }

    private func list(
        _ job: Job, in address: VaultAddress, _ token: AccessToken, _ context: RequestContext
    ) async -> Outcome {
        do throws(ProviderError) {
            if case .objects = job.key.query {
                return .success(
                    try await vault.objects(like: job.object, in: address, token: token, context: context)
                        .map { .objects($0) })
            }
            return .success(
                try await vault.versions(of: job.object, in: address, token: token, context: context)
                    .map { .list($0) })
        } catch {
            return .failure(error)
        }
    }
}
