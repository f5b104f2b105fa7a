extension MountConfiguration {
    /// The identity used for objects that do not name their own.
    package var authentication: AuthenticationContext {
        AuthenticationContext(pod: pod, tenantID: tenantID, cloud: cloud, identity: identity)
    }

    /// The identity used for an object with `source`. It uses the same credential as the class, so an object's own
    /// client must trust that credential too.
    package func authentication(for source: ObjectSource) -> AuthenticationContext {
        var authentication = authentication
        if let tenantID = source.tenantID { authentication.tenantID = tenantID }
        if let clientID = source.clientID { authentication.identity = identity.replacingClient(by: clientID) }
        return authentication
    }
}
