package import SecretMemory

/// The identity used to access a vault, with the credential that proves it.
package enum Identity: Sendable {
    /// Exchanges the pod's service account token at Entra for a token of `clientID`.
    case workloadIdentity(clientID: String, token: ServiceAccountToken)
    /// Authenticates with an application's secret from nodePublishSecretRef.
    case servicePrincipal(clientID: String, secret: SecretBytes)
    /// Authenticates with an application's certificate and private key from nodePublishSecretRef.
    case certificatePrincipal(clientID: String, certificate: ClientCertificate)
    /// Uses the identity that aad-pod-identity's NMI assigns to the pod.
    case podIdentity(PodReference)
    /// Uses an identity of the node: the user-assigned one with that client ID, or else the system-assigned one.
    case vmManagedIdentity(clientID: String?)
    /// Exchanges the pod's service account token through the cluster's token proxy (AKS identity binding).
    case azureTokenProxy(clientID: String, token: ServiceAccountToken)

    package var mode: IdentityMode {
        switch self {
        case .workloadIdentity: .workloadIdentity
        case .servicePrincipal, .certificatePrincipal: .servicePrincipal
        case .podIdentity: .podIdentity
        case .vmManagedIdentity: .vmManagedIdentity
        case .azureTokenProxy: .azureTokenProxy
        }
    }

    /// The client ID; empty if the class does not choose the identity.
    package var clientID: String {
        switch self {
        case .workloadIdentity(let clientID, _), .servicePrincipal(let clientID, _),
            .certificatePrincipal(let clientID, _), .azureTokenProxy(let clientID, _):
            clientID
        case .vmManagedIdentity(let clientID): clientID ?? ""
        case .podIdentity: ""
        }
    }
}
