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
