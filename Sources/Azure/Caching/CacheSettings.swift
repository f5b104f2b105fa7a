/// What of a mount may be kept for others, and how long; the operator's choice.
package struct CacheSettings: Sendable {
    /// Whether access tokens are kept for the credential that earned them.
    package var keepsTokens = true
    /// How old a value may be when a mount comes again; zero shares nothing at all.
    package var refreshInterval = Duration.seconds(120)
    /// The bounds of what a SecretProviderClass may ask for as its own interval.
    package var shortestInterval = Duration.seconds(10)
    package var longestInterval = Duration.seconds(3600)
    /// The most that kept values may take, in bytes.
    package var valueBytes = 32 << 20
    /// How old a value may be to stand in for a vault that cannot be asked; zero for never.
    package var staleIfError = Duration.zero

    package init() {}

    /// Every mount fetches everything again, as upstream does.
    package static var off: CacheSettings {
        var settings = CacheSettings()
        settings.keepsTokens = false
        settings.refreshInterval = .zero
        settings.valueBytes = 0
        return settings
    }
}
