internal import AsyncSupport
package import ProviderCore
internal import Synchronization

/// Fetches all objects of a mount's plan, from all of its vaults in parallel.
///
/// For each vault it first gets an access token, which proves the mount's principal. Then it reads the lists of
/// versions that the plan needs, and then all contents. Contents are shared with other mounts of the same principal
/// through `ValueCache`; without a token, nothing is read from the cache. All members can be used from any thread.
package struct VaultFetch: Sendable {
    /// The conditions of one mount.
    package struct Request: Sendable {
        /// The maximum age of a cached content, measured from the time of its request.
        package var maximumAge: Duration
        package var priority: RequestPriority
        package var deadline: Deadline
        let bytes = FetchedBytes()
        /// The time for the requests to one vault, after it has a token; nil for the whole time until the deadline.
        fileprivate var timeout: Duration?

        package init(maximumAge: Duration, priority: RequestPriority, deadline: Deadline) {
            self.maximumAge = maximumAge
            self.priority = priority
            self.deadline = deadline
        }
    }

    /// The maximum number of rounds. If a vault changes faster than it can be read, the contents of the last round are
    /// used.
    private static let maximumRounds = 3
    let tokens: AccessTokenSource
    let reader: ObjectReader
    private let time: TimeSource
    private let resources = LearnedResources()
    private let outages: VaultOutages
    private let primaryTimeout: Duration

    /// Creates a fetch. `primaryTimeout` is the time that a vault has to respond before its fallback vault is used.
    package init(
        tokens: AccessTokenSource, vault: KeyVaultClient, values: ValueCache,
        primaryTimeout: Duration = .seconds(8), time: TimeSource = .system,
        observer: any FetchObserver = SilentObserver()
    ) {
        self.primaryTimeout = primaryTimeout
        self.tokens = tokens
        self.time = time
        reader = ObjectReader(vault: vault, values: values, time: time, observer: observer)
        outages = VaultOutages(time: time)
    }

    /// Returns the versions of each item. Throws the errors of all objects that failed, in the order of the plan;
    /// missing optional objects are left out instead.
    ///
    /// The latest versions of several objects of one vault belong together, such as a user name and its password: if
    /// one of them has changed, the others are read again, so that all of them are from after the change.
    package func contents(
        of plan: MountPlan, _ request: Request
    ) async throws(ProviderError) -> FetchedContents {
        let result = await self.read(of: plan, request)
        try Self.check(result) { plan.items[$0].object.missing != .fail && $1.isAuthoritativeNotFound }
        let found = plan.items.indices.map { result.versions[$0] ?? [] }
        let contents = FetchedContents(
            items: found.map { $0.map(\.version) }, sources: found.map { $0.map(\.source) },
            basis: result.errors.isEmpty ? result.basis.map(FetchBasis.init) : nil,
            staleCause: result.isStale ? result.staleCause : nil)
        for source in contents.sources.joined() { reader.observer.observe(source, count: 1) }
        return contents
    }

    /// Returns the lists of objects that the plan's selectors choose from, in the order of the plan. Throws if a list
    /// cannot be read.
    package func records(
        for plan: MountPlan, _ request: Request
    ) async throws(ProviderError) -> [[ObjectRecord]] {
        let result = await self.read(of: plan, request)
        try Self.check(result) { _, _ in false }
        return plan.items.indices.map { result.records[$0] ?? [] }
    }

    /// Throws the errors that cannot be tolerated.
    private static func check(
        _ result: VaultResult, tolerating isTolerable: (Int, ProviderError) -> Bool
    ) throws(ProviderError) {
        // If two vaults refuse the same identity in the same way, the error is reported once.
        var seen: Set<String> = []
        let errors = result.errors.filter { !isTolerable($0.item, $0.error) && seen.insert("\($0.error)").inserted }
        if let error = ProviderError.combining(errors.sorted { $0.item < $1.item }.map(\.error)) { throw error }
    }

    // MARK: - One source after the other

    private func read(of plan: MountPlan, _ request: Request) async -> VaultResult {
        if plan.sources.count == 1 { return await self.read(of: 0, in: plan, request) }
        return await withTaskGroup(of: VaultResult.self) { group in
            for source in plan.sources.indices {
                group.addTask { await self.read(of: source, in: plan, request) }
            }
            return await group.reduce(into: VaultResult(basis: [])) { $0.merge($1) }
        }
    }

    private func read(of index: Int, in plan: MountPlan, _ request: Request) async -> VaultResult {
        let source = plan.sources[index]
        let items = plan.items.indices.filter { plan.items[$0].source == index }
        guard let fallback = source.fallback else {
            return await read(items, of: plan, from: source.vault, source, request)
        }

        var result = await self.read(of: items, in: plan, source, or: fallback, request)
        // The choice between the two vaults depends on more than the cache, so the result cannot be repeated from it.
        result.basis = nil
        return result
    }

    private func read(
        of items: [Int], in plan: MountPlan, _ source: MountPlan.Source, or fallback: MountPlan.Source.Fallback,
        _ request: Request
    ) async -> VaultResult {
        var result = VaultResult()
        if fallback.conditions.contains(.unavailable) {
            result = await self.read(of: items, in: plan, source, or: fallback.vault, request)
        } else {
            result = await read(items, of: plan, from: source.vault, source, request)
        }
        guard fallback.conditions.contains(.notFound), !result.isAnsweredByFallback else { return result }
        let absent = result.errors.filter(\.error.isAuthoritativeNotFound).map(\.item)
        if absent.isEmpty { return result }
        let second = await read(absent, of: plan, from: fallback.vault, source, request).fromFallback
        let found = Set(absent).subtracting(second.errors.map(\.item))
        result.errors.removeAll { found.contains($0.item) }
        result.merge(second.keeping { !$0.isAuthoritativeNotFound })
        return result
    }

    /// Reads from the source's vault, or from `fallback` while that vault is not available. All contents come from one
    /// of the two, because a user name and its password belong together.
    private func read(
        of items: [Int], in plan: MountPlan, _ source: MountPlan.Source, or fallback: VaultAddress,
        _ request: Request
    ) async -> VaultResult {
        var hurried = request
        hurried.timeout = primaryTimeout
        if outages.isRecent(source) {
            let second = await read(items, of: plan, from: fallback, source, hurried)
            // If the fallback vault does not have all objects, the first vault is still tried next time.
            let isGood = second.errors.allSatisfy {
                $0.error.isAuthoritativeNotFound && plan.items[$0.item].object.missing != .fail
            }
            if isGood, !second.isOutage { return second.fromFallback }
        }
        let first = await read(items, of: plan, from: source.vault, source, hurried)
        guard first.isOutage else {
            if !first.isUnproven { outages.end(source) }
            return first
        }
        let second = await read(items, of: plan, from: fallback, source, request)
        if second.isUnproven || !second.isOutage {
            outages.begin(source)
            var second = second.fromFallback
            // The error must explain why the fallback vault was used.
            if !second.errors.isEmpty { second.errors = first.errors + second.errors }
            return second
        }
        if first.errors.isEmpty { return first }
        if second.errors.isEmpty { return second.fromFallback }
        var both = first
        both.errors += second.errors
        return both
    }

    // MARK: - One vault

    private func read(
        _ items: [Int], of plan: MountPlan, from vault: VaultAddress, _ source: MountPlan.Source, _ request: Request
    ) async -> VaultResult {
        do throws(ProviderError) {
            return try await rounds(items, of: plan, from: vault, source, request)
        } catch {
            var result = VaultResult()
            result.errors = [(items.first ?? 0, error)]
            result.isUnproven = true
            return result
        }
    }

    /// Reads until all contents match each other. Throws if the vault does not accept a token.
    private func rounds(
        _ items: [Int], of plan: MountPlan, from vault: VaultAddress, _ source: MountPlan.Source, _ request: Request
    ) async throws(ProviderError) -> VaultResult {
        let authentication = source.authentication
        let namespace = authentication.pod.namespace
        var key = tokens.key(
            of: authentication,
            resource: resources.resource(of: vault, for: namespace) ?? authentication.cloud.vaultResource)
        var token = try await tokens.token(
            for: authentication, key, priority: request.priority, until: request.deadline)
        var round = FetchRound(
            plan: plan, items: items, vault: vault,
            scope: ValueCache.Scope(principal: source.principal, vault: vault.host),
            maximumAge: request.maximumAge,
            context: RequestContext(
                namespace: namespace, priority: request.priority,
                deadline: request.timeout.map { min(request.deadline, time.deadline(after: $0)) } ?? request.deadline),
            bytes: request.bytes)
        var number = 1
        var isRenewed = false
        while true {
            switch await round.run(with: reader, token) {
            case .rejected(let wanted, let error):
                // The vault may require another audience than its cloud's, or the token may have expired.
                tokens.drop(token, for: key)
                guard !isRenewed else { throw error }
                isRenewed = true
                key.resource = wanted ?? key.resource
                token = try await tokens.token(
                    for: authentication, key, priority: request.priority, until: request.deadline)
            case .found(let result, let entries, let outdated, let read):
                if isRenewed { resources.learn(key.resource, of: vault, for: namespace) }
                if outdated.isEmpty {
                    var result = result
                    result.basis = entries.map { [FetchBasis.Part(token: key, entries: $0)] }
                    return result
                }
                if number == Self.maximumRounds { return result }
                round.notBefore = outdated
                round.earlier = read
                number += 1
            }
        }
    }
}

extension VaultResult {
    /// Returns the result without the errors that `isKept` rejects.
    fileprivate func keeping(_ isKept: (ProviderError) -> Bool) -> VaultResult {
        var copy = self
        copy.errors = errors.filter { isKept($0.error) }
        return copy
    }
}

/// The contents that were fetched for a plan, and their origins.
package struct FetchedContents: Sendable {
    /// The versions by item of the plan, newest first.
    package var items: [[FetchedVersion]]
    /// The origin of each version.
    package var sources: [[ContentSource]]
    /// The tokens and cache entries of the contents; nil if the same contents cannot be read again from the cache only.
    package var basis: FetchBasis?
    /// The reason why the vault was not available, if some contents are stale.
    package var staleCause: ProviderError?
}

/// Remembers the resources that vaults requested tokens for in their challenges, if they differ from the resource of
/// their cloud.
///
/// Each namespace has its own entries. It holds 1,000 vaults, at most 250 of one namespace.
private final class LearnedResources: Sendable {
    private struct Key: Hashable {
        var host: String
        var namespace: String
    }

    private let resources = Mutex(RecentMap<Key, String>(capacity: 1000))

    func resource(of vault: VaultAddress, for namespace: String) -> String? {
        resources.withLock { $0.use(Key(host: vault.host, namespace: namespace)) }
    }

    func learn(_ resource: String, of vault: VaultAddress, for namespace: String) {
        resources.withLock {
            _ = $0.store(Key(host: vault.host, namespace: namespace), resource, owner: namespace)
        }
    }
}
