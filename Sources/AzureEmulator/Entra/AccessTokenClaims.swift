internal import JWTKit

/// The claims of the access tokens that the emulator issues and that its vaults accept.
struct AccessTokenClaims: JWTPayload {
    /// The lifetime of an access token in seconds.
    static let lifetime = 3599

    var aud: String
    var iss: String
    var tid: String
    var appid: String
    var oid: String
    var iat: Int
    var nbf: Int
    var exp: Int

    /// Checks nothing: the vaults check the claims against the emulator's clock.
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}

extension AccessTokenClaims {
    /// The claims of a new token for `identity` and `resource`.
    init(identity: EntraIdentity, resource: String, now: Int) {
        self.init(
            aud: resource, iss: "https://sts.windows.net/\(identity.tenantID)/", tid: identity.tenantID,
            appid: identity.clientID, oid: identity.objectID, iat: now, nbf: now, exp: now + Self.lifetime)
    }
}
