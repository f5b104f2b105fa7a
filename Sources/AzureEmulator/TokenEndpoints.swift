/// The paths below which Entra and AD FS give tokens, and say so.
enum TokenEndpoints {
    /// The tenant whose token endpoint `path` is. AD FS has none and is told apart by the word `adfs`.
    static func tenant(of path: [String]) -> String? {
        if path == ["adfs", "oauth2", "token"] { return "adfs" }
        guard path.count == 4, Array(path[1...]) == ["oauth2", "v2.0", "token"], path[0].lowercased() != "adfs" else {
            return nil
        }
        return path[0]
    }

    /// A tenant's OpenID configuration, if that is what `path` names. MSAL asks for it before each new
    /// client's first token.
    static func metadata(at path: [String], authority: String) -> [String: String]? {
        if path == ["adfs", ".well-known", "openid-configuration"] {
            return document("https://\(authority)/adfs", issuer: "https://\(authority)/adfs", version: "")
        }
        guard path.count == 4, Array(path[1...]) == ["v2.0", ".well-known", "openid-configuration"] else { return nil }
        let base = "https://\(authority)/\(path[0])"
        return document(base, issuer: "\(base)/v2.0", version: "/v2.0")
    }

    /// What Entra's instance discovery answers: the authority is known under this one name.
    static func discovery(authority: String) -> [String: Any] {
        [
            "tenant_discovery_endpoint": "https://\(authority)/common/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [["preferred_network": authority, "preferred_cache": authority, "aliases": [authority]]],
        ]
    }

    private static func document(_ base: String, issuer: String, version: String) -> [String: String] {
        [
            "issuer": issuer, "token_endpoint": "\(base)/oauth2\(version)/token",
            "authorization_endpoint": "\(base)/oauth2\(version)/authorize",
        ]
    }
}
