package import Azure
package import ProviderCore

/// From a decoded request to the volume's files: the whole way of a mount, one step after another.
package struct MountService: Sendable {
    /// What the operator chose, fixed at start.
    package struct Settings: Sendable {
        package var defaultCloudName: String
        package var conversion: ContentConversion
        package var cloudFiles: CloudFiles
        package var tokens: AccessTokenSource.Settings

        package init(
            defaultCloudName: String, conversion: ContentConversion, cloudFiles: CloudFiles,
            tokens: AccessTokenSource.Settings = AccessTokenSource.Settings()
        ) {
            self.tokens = tokens
            self.defaultCloudName = defaultCloudName
            self.conversion = conversion
            self.cloudFiles = cloudFiles
        }
    }

    private let settings: Settings
    private let fetch: VaultFetch
    private let time: TimeSource

    package init(
        settings: Settings, transport: any HTTPTransport, metrics: ProviderMetrics = ProviderMetrics(),
        time: TimeSource = .system
    ) {
        self.settings = settings
        self.time = time
        fetch = VaultFetch(
            tokens: AccessTokenSource(settings: settings.tokens, transport: transport, time: time),
            vault: KeyVaultClient(transport: transport, time: time), time: time, observe: metrics.observe)
    }

    /// Checks the request as a whole, before any network.
    package func validate(_ request: MountRequest) throws(ProviderError) -> MountAttributes {
        try MountAttributes(
            validating: request,
            MountAttributes.Environment(
                defaultCloudName: settings.defaultCloudName, environmentFile: settings.cloudFiles.read,
                now: time.wallClock()))
    }

    /// Fetches and converts what `attributes` name, within `secondsLeft` of the caller's patience.
    package func mount(
        _ attributes: MountAttributes, secondsLeft: Double
    ) async throws(ProviderError) -> MountAnswer {
        let deadline = time.deadline(after: Self.budget(secondsLeft: secondsLeft))
        let plan = MountPlan(attributes)
        do throws(ProviderError) {
            let items = try await fetch.items(of: plan, as: attributes, until: deadline)
            return try MountAnswer(plan, fetched: items, conversion: settings.conversion)
        } catch {
            throw error.adding([
                ("vault", plan.vault.host), ("tenant", attributes.tenantID),
                ("client id", attributes.identity.clientID.clipped),
                ("identity mode", "\(attributes.identity.mode.rawValue), because \(attributes.identity.mode.reason)"),
            ])
        }
    }

    /// Ends before the caller gives up, so that the error that names the slow hop still reaches it: 10
    /// seconds early, or half way for callers in a hurry, and never more than 100 seconds.
    static func budget(secondsLeft: Double) -> Duration {
        .seconds(max(0, min(100, secondsLeft - min(10, secondsLeft / 2))))
    }
}
