package import SecretMemory

/// What Entra gives for an accepted assertion. Opaque: it is sent to the vault and never looked into.
package struct AccessToken: Sendable {
    package var secret: SecretBytes
    /// Seconds from now for which the service vouches for it.
    package var lifetime: Int

    package init(secret: SecretBytes, lifetime: Int) {
        self.secret = secret
        self.lifetime = lifetime
    }
}
