/// Whom Azure sees: everything on which it decides what may be read.
///
/// Mounts with equal principals may be answered with the same bytes, once each of them has proven
/// itself with its own credential. Names are compared as written: a difference that Azure would
/// overlook only costs a request.
package struct Principal: Hashable, Sendable {
    package var authority: String
    package var tenantID: String
    /// Empty where the client is not of the class's choosing.
    package var clientID: String
    package var mode: IdentityMode
    /// Set where the identity is the node's: nothing that the pod presents tells one workload from
    /// another there, so workloads share nothing.
    package var namespace = ""
    package var serviceAccount = ""
    /// Set where each pod may be given an identity of its own.
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
