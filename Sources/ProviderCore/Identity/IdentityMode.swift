/// The identity modes that a SecretProviderClass can request.
package enum IdentityMode: String, Sendable, CaseIterable {
    case workloadIdentity = "workload identity"
    case servicePrincipal = "service principal"
    case podIdentity = "aad-pod-identity"
    case vmManagedIdentity = "VM managed identity"
    case azureTokenProxy = "AKS identity binding"

    /// The setting because of which a SecretProviderClass has this mode, for error messages.
    package var reason: String {
        switch self {
        case .workloadIdentity: "clientID is set and no other mode is switched on"
        case .servicePrincipal: "clientID is not set and no other mode is switched on"
        case .podIdentity: "usePodIdentity is true"
        case .vmManagedIdentity: "useVMManagedIdentity is true"
        case .azureTokenProxy: "useAzureTokenProxy is true"
        }
    }

    /// Returns the mode and the reason for it. `account` is the service account whose annotations can name the client.
    package func explanation(_ account: ServiceAccountReference?) -> String {
        "\(rawValue), because \(reason(account))"
    }

    package func reason(_ account: ServiceAccountReference?) -> String {
        account.map { "clientID is not set and the annotations of ServiceAccount \($0.path) count" } ?? reason
    }

    /// The name of the mode in upstream's errors. Upstream calls two modes `None`; for these, the mode's own name
    /// follows.
    var upstreamPhrase: String {
        switch self {
        case .workloadIdentity, .servicePrincipal: "None (\(rawValue))"
        case .podIdentity: "PodIdentity"
        case .vmManagedIdentity: "VMManagedIdentity"
        case .azureTokenProxy: "AzureTokenProxy"
        }
    }
}
