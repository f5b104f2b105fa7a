package import ProviderCore

/// The origin of a content that a mount received.
package enum ContentSource: String, Sendable, CaseIterable {
    case fetched
    /// The cache had it from an earlier request of a mount with the same principal.
    case cached
    /// Another mount with the same principal was already requesting it.
    case joined
    /// The cache had it, and it was used because the vault was not available.
    case stale
}

/// The origin of an access token that a mount received.
package enum TokenSource: String, Sendable, CaseIterable {
    case issued
    /// The cache had it, because the same credential was accepted before.
    case cached
    /// Another mount was already exchanging the same credential.
    case joined
    case refused
}

/// Receives measurements of each fetch. All functions can be called from any thread.
package protocol FetchObserver: Sendable {
    /// Reports one request to a vault and its outcome.
    func observe(_ request: VaultRequestObservation)
    /// Reports contents that a mount received.
    func observe(_ source: ContentSource, count: Int)
    /// Reports one token that a mount received.
    func observe(_ source: TokenSource)
    /// Reports that a service asked for a pause.
    func observeThrottling(by host: String)
}

/// One request to a vault and its outcome.
package struct VaultRequestObservation: Sendable {
    package var object: KeyVaultObject
    /// The namespace of the pod for which the request was made.
    package var namespace: String
    package var duration: Duration
    /// The error code; nil if the request succeeded.
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
