package import ProviderCore

/// Gets the access token for a mount, by the way its identity mode asks for.
package struct AccessTokenSource: Sendable {
    /// Where the node's own token services are; the operator's choice.
    package struct Settings: Sendable {
        /// The instance metadata service, without a slash at its end.
        package var metadataService = "http://169.254.169.254"
        /// aad-pod-identity's node agent, without a slash at its end.
        package var nodeManagedIdentity = "http://localhost:2579"
        package var tokenProxy = TokenProxy.Settings()

        package init() {}
    }

    private let issuer: TokenIssuer
    private let cache: TokenCache?
    private let refusedCredentials: RefusedCredentials?
    private let observer: any FetchObserver

    /// Without a cache, every mount exchanges its credential again, and refusals are not remembered either.
    package init(
        settings: Settings, transport: any HTTPTransport, keepsTokens: Bool = true, time: TimeSource,
        observer: any FetchObserver = SilentObserver()
    ) {
        issuer = TokenIssuer(settings: settings, transport: transport, time: time)
        refusedCredentials = keepsTokens ? RefusedCredentials(time: time) : nil
        cache = keepsTokens ? TokenCache(time: time) : nil
        self.observer = observer
    }

    /// A token for `resource`: that the mount holds one now is the proof of its principal.
    package func token(
        for authentication: AuthenticationContext, resource: String, priority: RequestPriority, until deadline: Deadline
    ) async throws(ProviderError) -> AccessToken {
        let context = RequestContext(
            namespace: authentication.pod.namespace, priority: priority, deadline: deadline)
        let key = TokenCache.Key(authentication, resource: resource)
        let exchange: TokenCache.Exchange = { [issuer, refusedCredentials] deadline in
            let result: Result<AccessToken, ProviderError>
            do throws(ProviderError) {
                result = .success(
                    try await issuer.token(for: authentication, resource: resource, context: context.until(deadline)))
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
        let found = await withDeadline(deadline) {
            [cache] () async -> (Result<AccessToken, ProviderError>, TokenSource) in
            guard let cache else { return (await exchange(deadline), .issued) }
            return await cache.token(
                for: key, owner: context.namespace, until: deadline, exchange: exchange)
        }
        var (result, source) =
            found ?? (
                .failure(ProviderError(.timedOut, "the mount's time was used up while a token was waited for")), .issued
            )
        if case .failure = result { source = .refused }
        observer.observe(source)
        return try result.get()
    }

    /// Whether a token for `key` is kept, and need not be renewed yet.
    func holdsToken(_ key: TokenCache.Key) -> Bool { cache?.peek(key) != nil }

    /// Forgets a token that a vault does not take.
    func drop(_ token: AccessToken, for authentication: AuthenticationContext, resource: String) {
        cache?.drop(token, for: TokenCache.Key(authentication, resource: resource))
    }

    /// Forgets what has expired.
    package func sweep() {
        cache?.sweep()
        refusedCredentials?.sweep()
    }
}

extension TokenCache.Key {
    init(_ authentication: AuthenticationContext, resource: String) {
        self.init(
            principal: Principal(authentication), resource: resource,
            credential: CredentialFingerprint(authentication.identity))
    }
}
