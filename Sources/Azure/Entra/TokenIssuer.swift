internal import ProviderCore

/// Requests new access tokens from the service that a mount's identity mode uses.
struct TokenIssuer: Sendable {
    private let exchange: TokenExchange
    private let managedIdentity: ManagedIdentityClient
    private let podIdentity: PodIdentityClient
    private let tokenProxy: TokenProxy

    init(settings: AccessTokenSource.Settings, transport: any HTTPTransport, time: TimeSource) {
        exchange = TokenExchange(transport: transport, time: time)
        managedIdentity = ManagedIdentityClient(
            service: settings.metadataService, transport: transport, time: time)
        podIdentity = PodIdentityClient(
            service: settings.nodeManagedIdentity, transport: transport, time: time)
        tokenProxy = TokenProxy(settings: settings.tokenProxy)
    }

    /// Returns a new token for `resource`.
    func token(
        for authentication: AuthenticationContext, resource: String, context: RequestContext
    ) async throws(ProviderError) -> AccessToken {
        func exchanged(
            _ credential: TokenExchange.Credential, _ clientID: String, _ route: TokenProxy.Route? = nil
        ) async throws(ProviderError) -> AccessToken {
            try await exchange.exchange(
                credential, clientID: clientID, tenantID: authentication.tenantID, cloud: authentication.cloud,
                resource: resource, through: route, context: context)
        }
        switch authentication.identity {
        case .workloadIdentity(let clientID, let token):
            return try await exchanged(.assertion(token), clientID)
        case .servicePrincipal(let clientID, let secret):
            return try await exchanged(.secret(secret), clientID)
        case .certificatePrincipal(let clientID, let certificate):
            return try await exchanged(.certificate(certificate), clientID)
        case .azureTokenProxy(let clientID, let token):
            return try await exchanged(.assertion(token), clientID, try await tokenProxy.route(until: context.deadline))
        case .vmManagedIdentity(let clientID):
            return try await managedIdentity.token(clientID: clientID, resource: resource, context: context)
        case .podIdentity(let pod):
            return try await podIdentity.token(pod: pod, resource: resource, context: context)
        }
    }
}
