internal import ProviderCore

/// One reading of all objects of a plan.
struct FetchRound: Sendable {
    let plan: MountPlan
    let principal: Principal
    /// The namespace on whose share of the cache it is kept.
    let owner: String
    let maximumAge: Duration
    let priority: FetchPriority
    let deadline: Deadline
    /// Objects that must be read again, and after which moment: they have to fit one that has changed.
    var notBefore: [ValueCache.Key: Duration] = [:]

    enum Outcome: Sendable {
        /// `outdated` are those that were read before another one was seen to have changed.
        case found(FetchedContents, outdated: [ValueCache.Key: Duration])
        case failed(ProviderError)
        /// The vault does not take the token.
        case rejected(resource: String?, error: ProviderError)
    }

    func run(with reader: ObjectReader, _ token: AccessToken) async -> Outcome {
        let histories = plan.items.indices.filter { plan.items[$0].object.wantsHistory }
        let lists = await FetchBatch(
            histories.map { job($0, version: "", isList: true) }, self, reader, token)
        if let rejection = lists.rejection { return rejection }
        var errors = lists.errors
        var versions = plan.items.map { [$0.object.version] }
        for item in histories { versions[item] = [] }
        for (job, entry, _) in lists.contents {
            guard case .list(let records) = entry.content else { continue }
            do throws(ProviderError) {
                versions[job.item] = try VersionHistory.select(records, for: job.object)
            } catch {
                errors.append((job.item, error))
            }
        }

        let jobs = plan.items.indices.flatMap { item in
            versions[item].map { job(item, version: $0, isList: false) }
        }
        let reads = await FetchBatch(jobs, self, reader, token)
        if let rejection = reads.rejection { return rejection }
        errors += reads.errors
        if let error = ProviderError.combining(errors.sorted { $0.item < $1.item }.map(\.error)) {
            return .failed(error)
        }
        var fetched = FetchedContents(
            items: plan.items.map { _ in [] }, sources: plan.items.map { _ in [] })
        for (job, entry, source) in reads.contents {
            guard case .item(let item) = entry.content else { continue }
            fetched.items[job.item].append(item)
            fetched.sources[job.item].append(source)
            reader.observer.observe(source)
        }
        return .found(fetched, outdated: Self.outdated(lists.contents + reads.contents))
    }

    private func job(_ item: Int, version: String, isList: Bool) -> ObjectReader.Job {
        let object = plan.items[item].object
        let key = ValueCache.Key(
            principal: principal, vault: plan.vault.host, type: object.type, name: object.name, version: version,
            isList: isList)
        return ObjectReader.Job(
            item: item, object: object, key: key,
            freshness: ValueCache.Freshness(maximumAge: maximumAge, notBefore: notBefore[key]))
    }

    /// The latest objects that were read before another one of the set was seen to have changed.
    private static func outdated(_ contents: [FetchBatch.Content]) -> [ValueCache.Key: Duration] {
        // Nearly always all were read after the last change of any.
        guard let lastChange = contents.lazy.filter(\.job.isLatest).map(\.entry.settledAt).max(),
            contents.contains(where: { $0.job.isLatest && $0.entry.fetchedAt < lastChange })
        else { return [:] }
        let latest = contents.filter(\.job.isLatest)
        var outdated: [ValueCache.Key: Duration] = [:]
        // The latest change, and the latest among the others of the object it belongs to.
        let changes = latest.map { ($0.job.key, $0.entry.settledAt) }.sorted { $0.1 > $1.1 }
        for content in latest {
            guard let change = changes.first(where: { $0.0 != content.job.key })?.1 else { continue }
            if content.entry.fetchedAt < change { outdated[content.job.key] = change }
        }
        return outdated
    }
}
