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

    private let exchange: TokenExchange
    private let managedIdentity: ManagedIdentityClient
    private let podIdentity: PodIdentityClient
    private let tokenProxy: TokenProxy

    package init(settings: Settings, transport: any HTTPTransport, time: TimeSource) {
        exchange = TokenExchange(transport: transport, time: time)
        managedIdentity = ManagedIdentityClient(
            service: settings.metadataService, transport: transport, time: time)
        podIdentity = PodIdentityClient(
            service: settings.nodeManagedIdentity, transport: transport, time: time)
        tokenProxy = TokenProxy(settings: settings.tokenProxy)
    }

    /// A token for `resource`.
    package func token(
        for attributes: MountAttributes, resource: String, until deadline: Deadline
    ) async throws(ProviderError) -> AccessToken {
        func exchanged(
            _ credential: TokenExchange.Credential, _ clientID: String, _ route: TokenProxy.Route? = nil
        ) async throws(ProviderError) -> AccessToken {
            try await exchange.exchange(
                credential, clientID: clientID, tenantID: attributes.tenantID, cloud: attributes.cloud,
                resource: resource, through: route, until: deadline)
        }
        switch attributes.identity {
        case .workloadIdentity(let clientID, let token):
            return try await exchanged(.assertion(token), clientID)
        case .servicePrincipal(let clientID, let secret):
            return try await exchanged(.secret(secret), clientID)
        case .certificatePrincipal(let clientID, let certificate):
            return try await exchanged(.certificate(certificate), clientID)
        case .azureTokenProxy(let clientID, let token):
            return try await exchanged(.assertion(token), clientID, try await tokenProxy.route(until: deadline))
        case .vmManagedIdentity(let clientID):
            return try await managedIdentity.token(clientID: clientID, resource: resource, until: deadline)
        case .podIdentity(let pod):
            return try await podIdentity.token(pod: pod, resource: resource, until: deadline)
        }
    }
}
