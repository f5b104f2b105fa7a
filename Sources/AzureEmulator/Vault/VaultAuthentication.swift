internal import HTTPTypes

/// The caller of a vault whose token has been accepted.
struct VaultCaller {
    var identity: EntraIdentity
    /// The caller as Azure's error messages name it.
    var description: String
}

/// Checks the access tokens that callers present to a vault.
struct VaultAuthentication: Sendable {
    let entra: EntraDirectory

    /// The caller with the token in the header `Authorization`. Throws a `VaultError` with the status 401
    /// and a challenge for the vault's tenant and resource if the token is missing or not valid.
    func caller(
        authorization: String?, vault: Vault, resource: String, now: Int
    ) async throws -> VaultCaller {
        func unauthorized(_ message: String) -> VaultError {
            VaultError(
                status: .unauthorized, code: "Unauthorized", message: message,
                headers: [
                    .wwwAuthenticate:
                        "Bearer authorization=\"https://login.microsoftonline.com/\(vault.tenantID)\", resource=\"\(resource)\""
                ])
        }
        guard let authorization, authorization.hasPrefix("Bearer ") else {
            throw unauthorized("AKV10000: Request is missing a Bearer or PoP token.")
        }
        guard let claims = await entra.claims(of: String(authorization.dropFirst("Bearer ".count))) else {
            throw unauthorized("AKV10001: The token cannot be validated.")
        }
        guard claims.exp > now else {
            throw unauthorized("[TokenExpired] Error validating token: the token has expired.")
        }
        guard claims.aud.lowercased() == resource else {
            throw unauthorized("AKV10022: Invalid audience. Expected \(resource), found: \(claims.aud).")
        }
        guard claims.tid.lowercased() == vault.tenantID.lowercased() else {
            throw unauthorized(
                "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/\(vault.tenantID)/, found \(claims.iss)."
            )
        }
        guard let identity = entra.identities.first(where: { $0.clientID == claims.appid }) else {
            throw unauthorized("AKV10001: The token's application is unknown.")
        }
        return VaultCaller(
            identity: identity, description: "appid=\(claims.appid);oid=\(claims.oid);iss=\(claims.iss)")
    }
}
