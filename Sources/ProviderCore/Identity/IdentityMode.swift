/// The ways to an identity that a SecretProviderClass can ask for.
package enum IdentityMode: String, Sendable, CaseIterable {
    case workloadIdentity = "workload identity"
    case servicePrincipal = "service principal"
    case podIdentity = "aad-pod-identity"
    case vmManagedIdentity = "VM managed identity"
    case azureTokenProxy = "AKS identity binding"

    /// Why a SecretProviderClass has this mode, for error messages.
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

    /// The name that upstream gives it in its errors. Upstream calls two modes `None`, so those have their name behind it.
    var upstreamPhrase: String {
        switch self {
        case .workloadIdentity, .servicePrincipal: "None (\(rawValue))"
        case .podIdentity: "PodIdentity"
        case .vmManagedIdentity: "VMManagedIdentity"
        case .azureTokenProxy: "AzureTokenProxy"
        }
    }
}
