/// The token endpoints of Entra and AD FS, and the metadata documents that describe them.
enum TokenEndpoints {
    /// The tenant whose token endpoint has this path; nil for any other path. AD FS has no tenants: for its
    /// endpoint the result is `adfs`.
    static func tenant(at path: [String]) -> String? {
        if path == ["adfs", "oauth2", "token"] { return "adfs" }
        guard path.count == 4, Array(path[1...]) == ["oauth2", "v2.0", "token"], path[0].lowercased() != "adfs" else {
            return nil
        }
        return path[0]
    }

    /// A tenant's OpenID configuration; nil if `path` is not the path of one. MSAL requests it before the
    /// first token of each new client.
    static func metadata(at path: [String], authority: String) -> [String: String]? {
        if path == ["adfs", ".well-known", "openid-configuration"] {
            return document("https://\(authority)/adfs", issuer: "https://\(authority)/adfs", version: "")
        }
        guard path.count == 4, Array(path[1...]) == ["v2.0", ".well-known", "openid-configuration"] else { return nil }
        let base = "https://\(authority)/\(path[0])"
        return document(base, issuer: "\(base)/v2.0", version: "/v2.0")
    }

    /// The response of Entra's instance discovery. It gives the authority only this one name.
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
