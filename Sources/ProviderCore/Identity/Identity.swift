package import SecretMemory

/// The identity used to access a vault, with everything needed to prove it.
package enum Identity: Sendable {
    /// The pod's own service-account token, exchanged at Entra for one of `clientID`.
    case workloadIdentity(clientID: String, token: ServiceAccountToken)
    /// An application's secret from nodePublishSecretRef.
    case servicePrincipal(clientID: String, secret: SecretBytes)
    /// An application's certificate and private key from nodePublishSecretRef.
    case certificatePrincipal(clientID: String, certificate: ClientCertificate)
    /// Whatever identity aad-pod-identity's NMI assigns to the pod.
    case podIdentity(PodReference)
    /// The node's own identity: the user-assigned one of that client id, else the system-assigned one.
    case vmManagedIdentity(clientID: String?)
    /// The pod's service-account token, exchanged through the cluster's token proxy (AKS identity binding).
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

    /// Empty where the client is not of the class's choosing.
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
