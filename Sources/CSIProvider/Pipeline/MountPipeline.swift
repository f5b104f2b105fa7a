package import Azure
package import Budgets
package import ProviderCore
internal import SecretMemory

/// The steps of a mount, from a decoded request to the files of the volume: `resolvingClient`, `validate`, `authorize`,
/// `mount`. `MountHandler` calls them in this order.
///
/// All members may be used from any thread. Computing work is bounded by the mount's `MountWork`, and every step throws
/// `ProviderError`, which has a stable code, a cause and a fix.
package struct MountPipeline: Sendable {
    /// The operator's settings, fixed at the start.
    package struct Settings: Sendable {
        package var defaultCloudName: String
        package var conversion: ContentConversion
        package var cloudFiles: CloudEnvironmentFiles
        package var tokens: AccessTokenSource.Settings
        package var cache: CacheSettings
        /// The most requests that the node has under way at one vault.
        package var vaultConcurrency = 50
        /// The time for a vault that does not answer, before the class's fallback vault is used.
        package var primaryTimeout = Duration.seconds(8)
        /// The bounds of one mount's computing work.
        package var limits = MountBudget.Limits()
        /// The policy that limits namespaces; nil to allow everything.
        package var policy: PolicyFile?

        package init(
            defaultCloudName: String, conversion: ContentConversion, cloudFiles: CloudEnvironmentFiles,
            tokens: AccessTokenSource.Settings = AccessTokenSource.Settings(), cache: CacheSettings = CacheSettings()
        ) {
            self.tokens = tokens
            self.cache = cache
            self.defaultCloudName = defaultCloudName
            self.conversion = conversion
            self.cloudFiles = cloudFiles
        }
    }

    let settings: Settings
    private let tokens: AccessTokenSource
    private let values: ValueCache
    let fetch: VaultFetch
    let ledger = KnownVolumes()
    private let classes = ParsedClasses()
    /// Twice as many threads as a namespace may have, and no more: work that runs together also takes memory together.
    private let executor = WorkExecutor(width: 4)
    let time: TimeSource
    /// Finds the client id of classes without one in the ServiceAccount's annotations; nil if that is switched off.
    private let accounts: ServiceAccountAnnotations?

    package init(
        settings: Settings, transport: any HTTPTransport, observer: any FetchObserver = SilentObserver(),
        accounts: ServiceAccountAnnotations? = nil, time: TimeSource = .system
    ) {
        self.settings = settings
        self.accounts = accounts
        self.time = time
        tokens = AccessTokenSource(
            settings: settings.tokens, transport: transport, keepsTokens: settings.cache.keepsTokens, time: time,
            observer: observer)
        values = ValueCache(settings: settings.cache, time: time)
        fetch = VaultFetch(
            tokens: tokens,
            vault: KeyVaultClient(
                transport: transport, parallelRequests: settings.vaultConcurrency, time: time, observer: observer),
            values: values, primaryTimeout: settings.primaryTimeout, time: time, observer: observer)
    }

    /// The request as it is, or where its class leaves that to the pod's ServiceAccount, with the client that
    /// the account's annotations name.
    ///
    /// What is wrong with the class is said before the API server is asked for anything.
    package func resolvingClient(
        of request: MountRequest, _ work: MountWork
    ) async throws(ProviderError) -> MountRequest {
        guard let accounts, let account = request.annotatedAccount else { return request }
        if let known = accounts.known(account), let same = try? request.resolvingClient(from: known, of: account),
            ledger.contains(VolumeFingerprint(same))
        {
            return same
        }
        do throws(ProviderError) {
            _ = try await validate(request.awaitingClient(of: account), work)
            return try request.resolvingClient(
                from: await accounts.identity(of: account, until: work.deadline), of: account)
        } catch {
            throw error.adding([("identity mode", IdentityMode.workloadIdentity.explanation(account))])
        }
    }

    /// Checks the request as a whole, before any file is opened and any network is used.
    package func validate(
        _ request: MountRequest, _ work: MountWork
    ) async throws(ProviderError) -> ValidatedMount {
        let environment = MountConfiguration.Environment(
            defaultCloudName: settings.defaultCloudName, environmentFile: settings.cloudFiles.read,
            now: time.wallClock(), classes: classes)
        return try await work.run { () throws(ProviderError) in try ValidatedMount(request, environment) }
    }

    /// Asks the operator's policy, whether the answer would come from the vault or from memory.
    ///
    /// Where a file describes the cloud, the policy is asked twice: before the file is opened for all but the
    /// hosts of the vaults, and then with them.
    package func authorize(
        _ mount: ValidatedMount, _ work: MountWork
    ) async throws(ProviderError) -> AuthorizedMount {
        try await work.run { () throws(ProviderError) in try authorize(mount) }
    }

    private func authorize(_ mount: ValidatedMount) throws(ProviderError) -> AuthorizedMount {
        if let file = settings.policy, mount.knownCloud == nil {
            do throws(ProviderError) { try policy(of: file).policy.checkWithoutHosts(mount) } catch {
                throw error.adding(Self.surroundings(of: mount) + [("policy", file.path)])
            }
        }
        return try authorize(MountConfiguration(mount, environmentFile: settings.cloudFiles.read))
    }

    private func authorize(_ attributes: MountConfiguration) throws(ProviderError) -> AuthorizedMount {
        guard let file = settings.policy else {
            return AuthorizedMount(attributes: attributes, rule: nil, policyGeneration: nil)
        }
        do throws(ProviderError) {
            let (policy, generation) = policy(of: file)
            let rule = try policy.permission(for: attributes)
            return AuthorizedMount(attributes: attributes, rule: rule, policyGeneration: generation)
        } catch {
            throw error.adding(Self.surroundings(of: attributes) + [("policy", file.path)])
        }
    }

    /// Fetches and converts what a mount asks for.
    ///
    /// A volume that this process has not filled before gets what is in the vault now; later calls for it
    /// may be answered with what the node has read within the refresh interval.
    package func mount(
        _ mount: AuthorizedMount, into volume: VolumeFingerprint, _ work: MountWork
    ) async throws(ProviderError) -> MountResult {
        let isKnown = ledger.contains(volume)
        do throws(ProviderError) {
            let request = VaultFetch.Request(
                maximumAge: maximumAge(mount.attributes, isKnown: isKnown),
                priority: isKnown ? .republish : .firstMount,
                deadline: work.deadline)
            let mount = try await expanding(mount, request, work)
            let plan = MountPlan(mount.attributes)
            let contents = try await fetch.contents(of: plan, request)
            let now = time.wallClock()
            let response = try await work.run { () throws(ProviderError) in
                try MountResponse(plan, fetched: contents.items, conversion: settings.conversion, now: now)
            }
            ledger.insert(volume, of: mount.attributes.pod.namespace)
            return MountResult(
                response: response, mount: mount, plan: plan, contents: contents,
                refreshInterval: maximumAge(mount.attributes, isKnown: true))
        } catch {
            throw error.adding(Self.surroundings(of: mount.attributes))
        }
    }

    /// The same with what its selectors pick, which the policy is asked about before any of it is read.
    private func expanding(
        _ mount: AuthorizedMount, _ request: VaultFetch.Request, _ work: MountWork
    ) async throws(ProviderError) -> AuthorizedMount {
        guard mount.attributes.hasSelectors else { return mount }
        let records = try await fetch.records(for: MountPlan(mount.attributes.selectorsOnly), request)
        return try await work.run { () throws(ProviderError) in
            try authorize(try mount.attributes.expanding(records))
        }
    }

    /// The identities used for the vaults, for errors.
    private static func surroundings(of attributes: MountConfiguration) -> [(name: String, value: String)] {
        let sources = MountPlan(attributes).sources
        func all(_ value: (MountPlan.Source) -> String) -> String {
            var values: [String] = []
            for source in sources where !values.contains(value(source)) { values.append(value(source)) }
            return values.joined(separator: ", ").clipped
        }
        return [
            ("vault", all(\.vault.host)), ("tenant", all(\.authentication.tenantID)),
            ("client id", all(\.authentication.identity.clientID)),
            ("identity mode", attributes.identity.mode.explanation(attributes.clientSourceAccount)),
        ]
    }

    /// The same for a mount whose cloud is not known yet.
    private static func surroundings(of mount: ValidatedMount) -> [(name: String, value: String)] {
        func all(_ limit: AccessPolicy.Limit) -> String { limit.asked(by: mount).joined(separator: ", ").clipped }
        return [
            ("vault", all(.keyvaultNames)), ("tenant", all(.tenantIDs)), ("client id", all(.clientIDs)),
            ("identity mode", mount.identity.mode.explanation(mount.clientSourceAccount)),
        ]
    }

    /// The rules in force; with new ones, nothing that was read under the old ones is kept.
    func policy(of file: PolicyFile) -> (policy: AccessPolicy, generation: Int) {
        // Reading the operator's file must not count as work of a mount.
        MountBudget.$current.withValue(nil) { file.current { values.removeAll() } }
    }

    /// Forgets what need not be kept any more, and looks whether the policy has changed.
    package func sweep() {
        if let file = settings.policy { _ = policy(of: file) }
        tokens.sweep()
        accounts?.sweep()
        values.sweep()
    }

    /// Whether the policy's file can be used; nil without one.
    package var isPolicyValid: Bool? { settings.policy?.isValid }

    /// What the kept values take, in bytes and number, and how many were pushed out for others.
    package var cacheUsage: (bytes: Int, count: Int, evictions: Int) { values.usage }

    func maximumAge(_ attributes: MountConfiguration, isKnown: Bool) -> Duration {
        let cache = settings.cache
        guard cache.refreshInterval > .zero else { return .zero }
        let asked = attributes.refreshInterval.map { min(max($0, cache.shortestInterval), cache.longestInterval) }
        return isKnown ? asked ?? cache.refreshInterval : min(.seconds(1), asked ?? .seconds(1))
    }

    /// What a mount that has just arrived may compute, and until when, with `secondsLeft` of the caller's patience.
    package func work(secondsLeft: Double) -> MountWork {
        MountWork(
            executor, limits: settings.limits, deadline: time.deadline(after: Self.budget(secondsLeft: secondsLeft)))
    }

    /// Ends before the caller gives up, so that the error that names the slow hop still reaches it: 10
    /// seconds early, or half way for callers in a hurry, and never more than 100 seconds.
    static func budget(secondsLeft: Double) -> Duration {
        .seconds(max(0, min(100, secondsLeft - min(10, secondsLeft / 2))))
    }
}

/// A mount that the operator lets pass; `MountPipeline.authorize` alone makes one, so none gets around it.
package struct AuthorizedMount: Sendable {
    package let attributes: MountConfiguration
    /// The rule that permits it; nil without a policy.
    package let rule: String?

    /// Of the policy that permits it; nil without one.
    let policyGeneration: Int?

    fileprivate init(attributes: MountConfiguration, rule: String?, policyGeneration: Int?) {
        self.attributes = attributes
        self.rule = rule
        self.policyGeneration = policyGeneration
    }
}
