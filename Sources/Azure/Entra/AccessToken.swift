package import SecretMemory

/// An access token, which is sent to the vault. The provider never parses it.
package struct AccessToken: Sendable {
    package var secret: SecretBytes
    /// The lifetime that the service stated, in seconds from when the token was issued.
    package var lifetime: Int
    /// The client ID of the token's identity; empty if it is not known.
    package var clientID: String

    package init(secret: SecretBytes, lifetime: Int, clientID: String = "") {
        self.secret = secret
        self.lifetime = lifetime
        self.clientID = clientID
    }
}
