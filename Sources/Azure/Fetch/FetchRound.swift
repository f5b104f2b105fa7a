internal import ProviderCore

/// One reading of objects of one vault, for one identity.
struct FetchRound: Sendable {
    let plan: MountPlan
    /// Those of the plan's items that are read.
    let items: [Int]
    let vault: VaultAddress
    /// Who asks that vault.
    let scope: ValueCache.Scope
    let maximumAge: Duration
    /// What is read is kept on the share of its namespace.
    var context: RequestContext
    /// Counts what the mount keeps, of all its vaults.
    let bytes: FetchedBytes
    /// Objects that must be read again, and after which moment: they have to fit one that has changed.
    var notBefore: [ValueCache.Key: Duration] = [:]
    /// What earlier rounds of the same mount read, and when: it is in memory by now, and did not come from there.
    var earlier: [ValueCache.Key: (fetchedAt: Duration, source: ContentSource)] = [:]

    enum Outcome: Sendable {
        /// `entries` are what was used of the cache, nil where that is not all. `outdated` are those that were read before another one was seen to have changed; then `read` is what the next
        /// round has to know of this one.
        case found(
            VaultResult, entries: [FetchBasis.Entry]?, outdated: [ValueCache.Key: Duration],
            read: [ValueCache.Key: (fetchedAt: Duration, source: ContentSource)])
        /// The vault does not take the token.
        case rejected(resource: String?, error: ProviderError)
    }

    func run(with reader: ObjectReader, _ token: AccessToken) async -> Outcome {
        bytes.restart(scope)
        var reading = VaultResult()
        let lists = await FetchBatch(items.compactMap(listJob), self, reader, token)
        if let rejection = lists.rejection { return rejection }
        reading.errors = lists.errors
        var versions: [Int: [String]] = [:]
        for item in items where listJob(item) == nil { versions[item] = [plan.items[item].object.version] }
        for (job, entry, source) in lists.contents {
            if source == .stale { reading.isStale = true }
            switch entry.content {
            case .objects(let records): reading.records[job.item] = records
            case .list(let records):
                do throws(ProviderError) {
                    versions[job.item] = try VersionHistory.select(records, for: job.object)
                } catch {
                    reading.errors.append((job.item, error))
                }
            case .item: break
            }
        }

        guard versions.values.reduce(0, { $0 + $1.count }) <= MountLimits.maximumVersions else {
            reading.errors.append((items.first ?? 0, MountLimits.excessOfVersions))
            return .found(reading, entries: nil, outdated: [:], read: [:])
        }
        let jobs = items.flatMap { item in
            (versions[item] ?? []).map { job(item, .content(version: $0)) }
        }
        let reads = await FetchBatch(jobs, self, reader, token)
        if let rejection = reads.rejection { return rejection }
        reading.errors += reads.errors
        reading.staleCause = lists.staleCause ?? reads.staleCause
        for (job, entry, source) in reads.contents {
            guard case .item(let item, let attributes) = entry.content else { continue }
            if source == .stale { reading.isStale = true }
            reading.versions[job.item, default: []].append(
                (
                    FetchedVersion(item, attributes: attributes, vault: vault, fetchedAt: entry.fetchedAt),
                    self.source(of: job, entry, source)
                ))
        }
        // What fails anyway is not read once more.
        let isComplete = reading.errors.allSatisfy { $0.error.isAuthoritativeNotFound }
        let outdated = isComplete ? Self.outdated(lists.contents + reads.contents) : [:]
        if outdated.isEmpty {
            let entries = reading.errors.isEmpty ? FetchBasis.entries(of: lists.contents + reads.contents) : nil
            return .found(reading, entries: entries, outdated: [:], read: [:])
        }
        var read: [ValueCache.Key: (fetchedAt: Duration, source: ContentSource)] = [:]
        for (job, entry, source) in reads.contents {
            read[job.key] = (entry.fetchedAt, self.source(of: job, entry, source))
        }
        return .found(reading, entries: nil, outdated: outdated, read: read)
    }

    /// Where the mount's bytes came from: in memory may be what an earlier round of the same mount has read.
    private func source(of job: ObjectReader.Job, _ entry: ValueCache.Entry, _ source: ContentSource) -> ContentSource {
        guard source == .cached, let before = earlier[job.key], before.fetchedAt == entry.fetchedAt else {
            return source
        }
        return before.source
    }

    /// The list that has to be read before the object can be; nil when none.
    private func listJob(_ item: Int) -> ObjectReader.Job? {
        let object = plan.items[item].object
        if object.selector != nil { return job(item, .objects) }
        return object.needsVersions ? job(item, .versions) : nil
    }

    private func job(_ item: Int, _ query: ValueCache.Query) -> ObjectReader.Job {
        let object = plan.items[item].object
        let key = ValueCache.Key(scope: scope, type: object.type, name: object.name, query: query)
        return ObjectReader.Job(
            item: item, object: object, key: key,
            freshness: ValueCache.Freshness(maximumAge: maximumAge, notBefore: notBefore.isEmpty ? nil : notBefore[key])
        )
    }

    /// The latest objects that were read before another one of the set was seen to have changed.
    private static func outdated(_ contents: [FetchBatch.Content]) -> [ValueCache.Key: Duration] {
        // Nearly always all were read after the last change of any.
        guard let lastChange = contents.lazy.filter(\.job.isLatest).map(\.entry.lastChangeSeenAt).max(),
            contents.contains(where: { $0.job.isLatest && $0.entry.fetchedAt < lastChange })
        else { return [:] }
        let latest = contents.filter(\.job.isLatest)
        var outdated: [ValueCache.Key: Duration] = [:]
        // The latest change, and the latest among the others of the object it belongs to.
        let changes = latest.map { ($0.job.key, $0.entry.lastChangeSeenAt) }.sorted { $0.1 > $1.1 }
        for content in latest {
            guard let change = changes.first(where: { $0.0 != content.job.key })?.1 else { continue }
            if content.entry.fetchedAt < change { outdated[content.job.key] = change }
        }
        return outdated
    }
}

/// What one vault gave for some of a plan's items.
struct VaultResult: Sendable {
    /// By item, the newest version first.
    var versions: [Int: [(version: FetchedVersion, source: ContentSource)]] = [:]
    /// By item that is a selector.
    var records: [Int: [ObjectRecord]] = [:]
    var errors: [(item: Int, error: ProviderError)] = []
    /// Some of it is kept from before, because the vault could not be asked.
    var isStale = false
    /// Why the vault could not be asked.
    var staleCause: ProviderError?
    /// It comes from the vault that stood in for another.
    var isAnsweredByFallback = false
    /// There was no token to ask the vault with.
    var isUnproven = false
    /// What it was taken from; nil where the same cannot be had again from memory alone.
    var basis: [FetchBasis.Part]?

    /// The vault could not be asked, or not now.
    var isOutage: Bool { !isUnproven && (isStale || errors.contains { $0.error.code.isOutage }) }

    /// The same as of a vault that stood in for another.
    var fromFallback: VaultResult {
        var copy = self
        copy.isAnsweredByFallback = true
        copy.basis = nil
        copy.versions = versions.mapValues { versions in
            versions.map { version, source in
                var version = version
                version.isFromFallback = true
                return (version, source)
            }
        }
        return copy
    }

    mutating func merge(_ other: VaultResult) {
        versions.merge(other.versions) { $1 }
        records.merge(other.records) { $1 }
        errors += other.errors
        isStale = isStale || other.isStale
        basis = basis.flatMap { parts in other.basis.map { parts + $0 } }
        staleCause = staleCause ?? other.staleCause
    }
}
