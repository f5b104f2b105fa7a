/// As whom a vault is asked: the identity, and the directory in which it proves itself.
package struct SignIn: Sendable {
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

extension MountAttributes {
    /// As whom objects are read that say nothing of it.
    package var signIn: SignIn { SignIn(pod: pod, tenantID: tenantID, cloud: cloud, identity: identity) }

    /// As whom an object with `source` is read. It proves itself with the same credential as the class, so
    /// its own client must trust that one too.
    package func signIn(for source: ObjectSource) -> SignIn {
        var signIn = signIn
        if let tenantID = source.tenantID { signIn.tenantID = tenantID }
        if let clientID = source.clientID { signIn.identity = identity.replacingClient(by: clientID) }
        return signIn
    }
}

extension Identity {
    /// The same credential, presented for another client. Validation lets an object name one only where
    /// there is one to replace.
    fileprivate func replacingClient(by clientID: String) -> Identity {
        switch self {
        case .workloadIdentity(_, let token): .workloadIdentity(clientID: clientID, token: token)
        case .azureTokenProxy(_, let token): .azureTokenProxy(clientID: clientID, token: token)
        case .servicePrincipal, .certificatePrincipal, .podIdentity, .vmManagedIdentity: self
        }
    }
}
