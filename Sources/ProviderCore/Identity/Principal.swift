/// Everything that Azure's access decision depends on.
///
/// Mounts with equal principals can share cached responses, once each of them has proven its identity with its own
/// credential. Names are compared exactly: if Azure would ignore a difference, such as letter case, the cost is one
/// more request.
package struct Principal: Hashable, Sendable {
    package var authority: String
    package var tenantID: String
    /// The client ID; empty if the class does not choose the identity.
    package var clientID: String
    package var mode: IdentityMode
    /// Set if the identity belongs to the node. The pod's credential then does not distinguish workloads, so workloads
    /// do not share cache entries.
    package var namespace = ""
    package var serviceAccount = ""
    /// Set if each pod can have a different identity (aad-pod-identity).
    package var pod = ""

    package init(_ authentication: AuthenticationContext) {
        authority = authentication.cloud.authority
        tenantID = authentication.tenantID
        clientID = authentication.identity.clientID
        mode = authentication.identity.mode
        switch authentication.identity {
        case .workloadIdentity, .servicePrincipal, .certificatePrincipal, .azureTokenProxy: break
        case .vmManagedIdentity:
            namespace = authentication.pod.namespace
            serviceAccount = authentication.pod.serviceAccount
        case .podIdentity(let pod):
            namespace = pod.namespace
            serviceAccount = pod.serviceAccount
            self.pod = pod.name
        }
    }
}
