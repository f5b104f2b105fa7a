package import SecretMemory

/// What Entra gives for an accepted assertion. Opaque: it is sent to the vault and never looked into.
package struct AccessToken: Sendable {
    package var secret: SecretBytes
    /// Seconds from now for which the service vouches for it.
    package var lifetime: Int
    /// The client id of the identity that it is for; empty where that is not known.
    package var clientID: String

    package init(secret: SecretBytes, lifetime: Int, clientID: String = "") {
        self.secret = secret
        self.lifetime = lifetime
        self.clientID = clientID
    }
}
