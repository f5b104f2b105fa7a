package import Azure
package import Budgets
package import ProviderCore
internal import SecretMemory

/// The steps of a mount, from a decoded request to the files of the volume: `resolvingClient`, `validate`, `authorize`,
/// `mount`. `MountHandler` calls them in this order.
///
/// All members can be used from any thread. The mount's `MountWork` limits the computing work, and every step throws
/// `ProviderError`, which has a stable code, a cause and a fix.
package struct MountPipeline: Sendable {
    /// The operator's settings. They do not change while the process runs.
    package struct Settings: Sendable {
        package var defaultCloudName: String
        package var conversion: ContentConversion
        package var cloudFiles: CloudEnvironmentFiles
        package var tokens: AccessTokenSource.Settings
        package var cache: CacheSettings
        /// The maximum number of concurrent requests to one vault from this node.
        package var vaultConcurrency = 50
        /// The time that a vault has to respond before the class's fallback vault is used.
        package var primaryTimeout = Duration.seconds(8)
        /// The limits of one mount's computing work.
        package var limits = MountBudget.Limits()
        /// The policy that limits namespaces; nil if everything is allowed.
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
    /// The width is twice the number of threads that one namespace can use. It is not larger, because concurrent work
    /// also needs memory at the same time.
    private let executor = WorkExecutor(width: 4)
    let time: TimeSource
    /// Finds the client ID in the ServiceAccount's annotations if the class does not name one; nil if this is disabled.
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
        values = ValueCache(settings: settings.cache, time: time, executor: transport.executor)
        fetch = VaultFetch(
            tokens: tokens,
            vault: KeyVaultClient(
                transport: transport, parallelRequests: settings.vaultConcurrency, time: time, observer: observer),
            values: values, primaryTimeout: settings.primaryTimeout, time: time, observer: observer)
    }

    /// Returns the request with the client that the annotations of the pod's ServiceAccount name, or the request
    /// unchanged if its class does not leave the client to them.
    ///
    /// Mistakes in the class are reported before any request to the API server. May be called from any thread; it waits
    /// for the API server until the deadline of the mount's work.
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

    /// Validates the whole request, before any file is opened and before any network request. Throws all mistakes as
    /// one error.
    package func validate(
        _ request: MountRequest, _ work: MountWork
    ) async throws(ProviderError) -> ValidatedMount {
        let environment = MountConfiguration.Environment(
            defaultCloudName: settings.defaultCloudName, environmentFile: settings.cloudFiles.read,
            now: time.wallClock(), classes: classes)
        return try await work.run { () throws(ProviderError) in try ValidatedMount(request, environment) }
    }

    /// Checks the operator's policy, for responses from the vault and from the cache alike. Throws `.policyDenied` if
    /// no rule allows the mount.
    ///
    /// If a file describes the cloud, the policy is checked twice: before the file is opened, without the hosts of the
    /// vaults, and afterwards with them.
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

    /// Fetches and converts the objects of a mount.
    ///
    /// For the first mount of a volume, the provider reads the objects from the vault. Later calls for the volume can
    /// use cached contents that are not older than the refresh interval.
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

    /// Returns the mount with its selectors replaced by the objects that they select. The policy is checked for these
    /// objects before any of them is read.
    private func expanding(
        _ mount: AuthorizedMount, _ request: VaultFetch.Request, _ work: MountWork
    ) async throws(ProviderError) -> AuthorizedMount {
        guard mount.attributes.hasSelectors else { return mount }
        let records = try await fetch.records(for: MountPlan(mount.attributes.selectorsOnly), request)
        return try await work.run { () throws(ProviderError) in
            try authorize(try mount.attributes.expanding(records))
        }
    }

    /// Returns the vaults and the identities used for them, for the context of errors.
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

    /// Returns the same for a mount whose cloud is not known yet.
    private static func surroundings(of mount: ValidatedMount) -> [(name: String, value: String)] {
        func all(_ limit: AccessPolicy.Limit) -> String { limit.asked(by: mount).joined(separator: ", ").clipped }
        return [
            ("vault", all(.keyvaultNames)), ("tenant", all(.tenantIDs)), ("client id", all(.clientIDs)),
            ("identity mode", mount.identity.mode.explanation(mount.clientSourceAccount)),
        ]
    }

    /// Returns the policy in force. If it has changed, all values cached under the old policy are dropped first.
    func policy(of file: PolicyFile) -> (policy: AccessPolicy, generation: Int) {
        // Reading the operator's file must not be charged to a mount's budget.
        MountBudget.$current.withValue(nil) { file.current { values.removeAll() } }
    }

    /// Drops expired entries, and checks whether the policy file has changed.
    package func sweep() {
        if let file = settings.policy { _ = policy(of: file) }
        tokens.sweep()
        accounts?.sweep()
        values.sweep()
    }

    /// Whether the policy file is valid; nil without a policy.
    package var isPolicyValid: Bool? { settings.policy?.isValid }

    /// The size of the cached values in bytes, their number, and the number of evicted values.
    package var cacheUsage: (bytes: Int, count: Int, evictions: Int) { values.usage }

    func maximumAge(_ attributes: MountConfiguration, isKnown: Bool) -> Duration {
        let cache = settings.cache
        guard cache.refreshInterval > .zero else { return .zero }
        let asked = attributes.refreshInterval.map { min(max($0, cache.shortestInterval), cache.longestInterval) }
        return isKnown ? asked ?? cache.refreshInterval : min(.seconds(1), asked ?? .seconds(1))
    }

    /// Returns the computing budget and the deadline of a mount that has just arrived. `secondsLeft` is the time until
    /// the caller's deadline.
    package func work(secondsLeft: Double) -> MountWork {
        MountWork(
            executor, limits: settings.limits, deadline: time.deadline(after: Self.budget(secondsLeft: secondsLeft)))
    }

    /// Returns the time for a mount. It ends before the caller's deadline, so that an error that names the slow step
    /// still reaches the caller: 10 seconds earlier, or after half of a short time, and after at most 100 seconds.
    static func budget(secondsLeft: Double) -> Duration {
        .seconds(max(0, min(100, secondsLeft - min(10, secondsLeft / 2))))
    }
}

/// A mount that the operator's policy allows. Only `MountPipeline.authorize` creates one, so the check cannot be
/// skipped.
package struct AuthorizedMount: Sendable {
    package let attributes: MountConfiguration
    /// The rule that allows the mount; nil without a policy.
    package let rule: String?

    /// The generation of the policy that allows the mount; nil without a policy.
    let policyGeneration: Int?

    fileprivate init(attributes: MountConfiguration, rule: String?, policyGeneration: Int?) {
        self.attributes = attributes
        self.rule = rule
        self.policyGeneration = policyGeneration
    }
}
