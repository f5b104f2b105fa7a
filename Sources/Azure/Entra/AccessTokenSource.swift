package import ProviderCore

/// Gets the access tokens of mounts, from the cache or from the service that their identity mode uses. All members can
/// be used from any thread.
package struct AccessTokenSource: Sendable {
    /// The addresses of the node's token services; the operator's choice.
    package struct Settings: Sendable {
        /// The URL of the instance metadata service, without a trailing slash.
        package var metadataService = "http://169.254.169.254"
        /// The URL of aad-pod-identity's node agent, without a trailing slash.
        package var nodeManagedIdentity = "http://localhost:2579"
        package var tokenProxy = TokenProxy.Settings()

        package init() {}
    }

    private let issuer: TokenIssuer
    private let cache: TokenCache?
    private let refusedCredentials: RefusedCredentials?
    private let observer: any FetchObserver
    private let executor: (any TaskExecutor)?

    /// Creates a source. Without a cache, every mount exchanges its credential again, and refusals are not remembered.
    package init(
        settings: Settings, transport: any HTTPTransport, keepsTokens: Bool = true, time: TimeSource,
        observer: any FetchObserver = SilentObserver()
    ) {
        issuer = TokenIssuer(settings: settings, transport: transport, time: time)
        refusedCredentials = keepsTokens ? RefusedCredentials(time: time) : nil
        executor = transport.executor
        cache = keepsTokens ? TokenCache(time: time, executor: transport.executor) : nil
        self.observer = observer
    }

    /// Returns a token for `resource`. Holding a token now is the mount's proof of its principal. Throws if the
    /// credential is refused, the service is not available, or the mount's time is over.
    package func token(
        for authentication: AuthenticationContext, resource: String, priority: RequestPriority, until deadline: Deadline
    ) async throws(ProviderError) -> AccessToken {
        try await token(
            for: authentication, key(of: authentication, resource: resource), priority: priority, until: deadline)
    }

    /// Returns the token of `key`, which is the key of `authentication`.
    func token(
        for authentication: AuthenticationContext, _ key: TokenCache.Key, priority: RequestPriority,
        until deadline: Deadline
    ) async throws(ProviderError) -> AccessToken {
        let context = RequestContext(
            namespace: authentication.pod.namespace, priority: priority, deadline: deadline)
        let exchange: TokenCache.Exchange = { [issuer, refusedCredentials] deadline in
            let result: Result<AccessToken, ProviderError>
            do throws(ProviderError) {
                result = .success(
                    try await issuer.token(
                        for: authentication, resource: key.resource, context: context.until(deadline)))
            } catch {
                result = .failure(error)
            }
            refusedCredentials?.note(result, for: key, of: context.namespace)
            return result
        }
        if let token = cache?.peek(key) {
            observer.observe(TokenSource.cached)
            return token
        }
        if let error = refusedCredentials?.error(for: key, of: context.namespace) {
            observer.observe(TokenSource.refused)
            throw error
        }
        let found = await withDeadline(deadline, on: executor) {
            [cache] () async -> (Result<AccessToken, ProviderError>, TokenSource) in
            guard let cache else { return (await exchange(deadline), .issued) }
            return await cache.token(
                for: key, owner: context.namespace, until: deadline, exchange: exchange)
        }
        var (result, source) =
            found ?? (
                .failure(ProviderError(.timedOut, "the mount's time was used up while it waited for a token")), .issued
            )
        if case .failure = result { source = .refused }
        observer.observe(source)
        return try result.get()
    }

    /// Whether the cache holds a token for `key` that does not need to be renewed yet.
    func holdsToken(_ key: TokenCache.Key) -> Bool { cache?.peek(key) != nil }

    /// Returns the key under which the token is cached. Without a cache nothing is found under it, and it does not
    /// identify the credential.
    func key(of authentication: AuthenticationContext, resource: String) -> TokenCache.Key {
        TokenCache.Key(
            principal: Principal(authentication), resource: resource,
            credential: cache == nil ? .none : CredentialFingerprint(authentication.identity))
    }

    /// Removes a token that a vault rejected from the cache.
    func drop(_ token: AccessToken, for key: TokenCache.Key) {
        cache?.drop(token, for: key)
    }

    /// Drops expired entries.
    package func sweep() {
        cache?.sweep()
        refusedCredentials?.sweep()
    }
}
