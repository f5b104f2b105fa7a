/// The identity used to access a vault, and the tenant it authenticates against.
package struct AuthenticationContext: Sendable {
    package var pod: PodReference
    package var tenantID: String
    package var cloud: AzureCloud
    package var identity: Identity

    package init(pod: PodReference, tenantID: String, cloud: AzureCloud, identity: Identity) {
        self.pod = pod
        self.tenantID = tenantID
        self.cloud = cloud
        self.identity = identity
    }
}

extension Identity {
    /// Returns the same credential for another client. Validation allows an object to name its own client only in the
    /// modes that this function handles.
    func replacingClient(by clientID: String) -> Identity {
        switch self {
        case .workloadIdentity(_, let token): .workloadIdentity(clientID: clientID, token: token)
        case .azureTokenProxy(_, let token): .azureTokenProxy(clientID: clientID, token: token)
        case .servicePrincipal, .certificatePrincipal, .podIdentity, .vmManagedIdentity: self
        }
    }
}
