/// The operator's settings for caching: what is cached, and for how long.
package struct CacheSettings: Sendable {
    /// Whether access tokens are cached. A cached token is used only with the credential that it was issued for.
    package var keepsTokens = true
    /// The maximum age of a cached value in a repeated mount; zero disables sharing completely.
    package var refreshInterval = Duration.seconds(120)
    /// The limits for the interval that a SecretProviderClass can set.
    package var shortestInterval = Duration.seconds(10)
    package var longestInterval = Duration.seconds(3600)
    /// The maximum memory of cached values, in bytes.
    package var valueBytes = 32 << 20
    /// The maximum age of a cached value that is used while the vault is not available; zero if none is used.
    package var staleIfError = Duration.zero

    package init() {}

    /// The settings with which every mount fetches everything again, as upstream does.
    package static var off: CacheSettings {
        var settings = CacheSettings()
        settings.keepsTokens = false
        settings.refreshInterval = .zero
        settings.valueBytes = 0
        return settings
    }
}
