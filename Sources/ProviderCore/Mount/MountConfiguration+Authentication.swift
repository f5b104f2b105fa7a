extension MountConfiguration {
    /// The identity for objects that do not name one.
    package var authentication: AuthenticationContext {
        AuthenticationContext(pod: pod, tenantID: tenantID, cloud: cloud, identity: identity)
    }

    /// The identity for an object with `source`. It proves itself with the same credential as the class, so
    /// its own client must trust that one too.
    package func authentication(for source: ObjectSource) -> AuthenticationContext {
        var authentication = authentication
        if let tenantID = source.tenantID { authentication.tenantID = tenantID }
        if let clientID = source.clientID { authentication.identity = identity.replacingClient(by: clientID) }
        return authentication
    }
}
