internal import ProviderCore

/// One read of several objects from one vault, for one identity.
struct FetchRound: Sendable {
    let plan: MountPlan
    /// The indices of the plan's items to read.
    let items: [Int]
    let vault: VaultAddress
    /// The vault, the principal and the namespace of the read.
    let scope: ValueCache.Scope
    let maximumAge: Duration
    /// The request context. Cached contents count against the share of its namespace.
    var context: RequestContext
    /// Counts the bytes that the mount holds from all its vaults.
    let bytes: FetchedBytes
    /// The objects that must be read again because another object has changed, and the earliest allowed time of their
    /// request.
    var notBefore: [ValueCache.Key: Duration] = [:]
    /// The origin and time of objects that earlier rounds of the same mount read. The cache holds them by now, but they
    /// did not come from the cache.
    var earlier: [ValueCache.Key: (fetchedAt: Duration, source: ContentSource)] = [:]

    enum Outcome: Sendable {
        /// `entries` are the cache entries that were used, or nil if not all contents have one. `outdated` are the
        /// objects that were requested before another object was seen to have changed. If it is not empty, `read` has
        /// the facts about this round that the next round needs.
        case found(
            VaultResult, entries: [FetchBasis.Entry]?, outdated: [ValueCache.Key: Duration],
            read: [ValueCache.Key: (fetchedAt: Duration, source: ContentSource)])
        /// The vault rejected the token.
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
        // If the mount fails anyway, the objects are not read again.
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

    /// Returns the origin of a content. The cache may hold it because an earlier round of the same mount read it.
    private func source(of job: ObjectReader.Job, _ entry: ValueCache.Entry, _ source: ContentSource) -> ContentSource {
        guard source == .cached, let before = earlier[job.key], before.fetchedAt == entry.fetchedAt else {
            return source
        }
        return before.source
    }

    /// Returns the job for the list that must be read before the object, or nil if none is needed.
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

    /// Returns the latest objects that were requested before another object of the set was seen to have changed.
    private static func outdated(_ contents: [FetchBatch.Content]) -> [ValueCache.Key: Duration] {
        // In nearly all cases, all objects were requested after the last change of any of them.
        guard let lastChange = contents.lazy.filter(\.job.isLatest).map(\.entry.lastChangeSeenAt).max(),
            contents.contains(where: { $0.job.isLatest && $0.entry.fetchedAt < lastChange })
        else { return [:] }
        let latest = contents.filter(\.job.isLatest)
        var outdated: [ValueCache.Key: Duration] = [:]
        // The most recent change, and the most recent change of any other object.
        let changes = latest.map { ($0.job.key, $0.entry.lastChangeSeenAt) }.sorted { $0.1 > $1.1 }
        for content in latest {
            guard let change = changes.first(where: { $0.0 != content.job.key })?.1 else { continue }
            if content.entry.fetchedAt < change { outdated[content.job.key] = change }
        }
        return outdated
    }
}

/// The contents that one vault returned for some items of a plan.
struct VaultResult: Sendable {
    /// The versions by item, newest first.
    var versions: [Int: [(version: FetchedVersion, source: ContentSource)]] = [:]
    /// The vault's list by item, for items with a selector.
    var records: [Int: [ObjectRecord]] = [:]
    var errors: [(item: Int, error: ProviderError)] = []
    /// Whether some contents are stale, because the vault was not available.
    var isStale = false
    /// The reason why the vault was not available.
    var staleCause: ProviderError?
    /// Whether the contents come from the fallback vault.
    var isAnsweredByFallback = false
    /// Whether the vault was not asked, because the mount did not get a token.
    var isUnproven = false
    /// The tokens and cache entries of the contents; nil if the same contents cannot be read again from the cache only.
    var basis: [FetchBasis.Part]?

    /// Whether the vault was not available, at least temporarily.
    var isOutage: Bool { !isUnproven && (isStale || errors.contains { $0.error.code.isOutage }) }

    /// The same result, marked as coming from the fallback vault.
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
