package import ProviderCore

/// How a content came about.
package enum ContentSource: String, Sendable, CaseIterable {
    case fetched
    /// Kept from an earlier request of a mount with the same principal.
    case cached
    /// Such a request was under way.
    case joined
    /// Kept from before, because the vault could not be asked.
    case stale
}

/// How an access token came about.
package enum TokenSource: String, Sendable, CaseIterable {
    case issued
    /// Kept since this very credential was accepted.
    case cached
    /// The exchange of the same credential was under way.
    case joined
    case refused
}

/// Receives the cost of each fetch.
package protocol FetchObserver: Sendable {
    /// One request to a vault, and how it ended.
    func observe(_ request: VaultRequestObservation)
    /// Contents that a mount was answered with.
    func observe(_ source: ContentSource, count: Int)
    /// One token that a mount asked for.
    func observe(_ source: TokenSource)
    /// A service asked for a pause.
    func observeThrottling(by host: String)
}

/// One request to a vault and how it ended.
package struct VaultRequestObservation: Sendable {
    package var object: KeyVaultObject
    /// Of the pod for which the request was made.
    package var namespace: String
    package var duration: Duration
    /// Nil when it succeeded.
    package var error: ErrorCode?

    package init(object: KeyVaultObject, namespace: String, duration: Duration, error: ErrorCode?) {
        self.object = object
        self.namespace = namespace
        self.duration = duration
        self.error = error
    }
}

/// No-op observer.
package struct SilentObserver: FetchObserver {
    package init() {}
    package func observe(_ request: VaultRequestObservation) {}
    package func observe(_ source: ContentSource, count: Int) {}
    package func observe(_ source: TokenSource) {}
    package func observeThrottling(by host: String) {}
}
