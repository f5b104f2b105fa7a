/// The managed identities of the emulated virtual machine, by the names of `EntraIdentity`.
package struct NodeIdentities: Codable, Sendable {
    package var systemAssigned: String?
    package var userAssigned: [String]?
}

/// The identity that aad-pod-identity assigns to a pod.
package struct PodIdentity: Codable, Sendable {
    package var namespace: String
    package var pod: String
    /// The identity's name.
    package var identity: String
}
