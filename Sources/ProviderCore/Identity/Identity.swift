/// As whom the vault is asked, with all that is needed to prove it.
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

/// The ways to an identity that a SecretProviderClass can ask for.
package enum IdentityMode: String, Sendable, CaseIterable {
    case workloadIdentity = "workload identity"
    case servicePrincipal = "service principal"
    case podIdentity = "aad-pod-identity"
    case vmManagedIdentity = "VM managed identity"
    case azureTokenProxy = "AKS identity binding"

    /// Why a SecretProviderClass leads to this mode, for error messages.
    package var reason: String {
        switch self {
        case .workloadIdentity: "clientID is set and no other mode is switched on"
        case .servicePrincipal: "clientID is not set and no other mode is switched on"
        case .podIdentity: "usePodIdentity is true"
        case .vmManagedIdentity: "useVMManagedIdentity is true"
        case .azureTokenProxy: "useAzureTokenProxy is true"
        }
    }

    /// The mode and the reason for it, where annotations of `account` may have named the client.
    package func explanation(_ account: ServiceAccountReference?) -> String {
        "\(rawValue), because \(reason(account))"
    }

    package func reason(_ account: ServiceAccountReference?) -> String {
        account.map { "clientID is not set and the annotations of ServiceAccount \($0.path) count" } ?? reason
    }

    /// The name upstream gives it in its errors.
    var upstreamName: String {
        switch self {
        case .workloadIdentity, .servicePrincipal: "None"
        case .podIdentity: "PodIdentity"
        case .vmManagedIdentity: "VMManagedIdentity"
        case .azureTokenProxy: "AzureTokenProxy"
        }
    }
}
