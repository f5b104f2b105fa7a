/// As whom the vault is asked.
package enum Identity: Sendable {
    /// The pod's own service-account token, exchanged at Entra for one of `clientID`.
    case workloadIdentity(clientID: String, token: ServiceAccountToken)

    package var mode: IdentityMode {
        switch self {
        case .workloadIdentity: .workloadIdentity
        }
    }

    package var clientID: String {
        switch self {
        case .workloadIdentity(let clientID, _): clientID
        }
    }
}

/// The ways to an identity that a SecretProviderClass can ask for.
package enum IdentityMode: String, Sendable {
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
