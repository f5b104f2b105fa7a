internal import SecretMemory

/// The header `WWW-Authenticate: Bearer …` of a vault's response.
package struct VaultChallenge: Equatable {
    /// The resource that a token must be issued for, without a trailing slash.
    package var resource: String?
    package var tenantID: String?
    var error: String?

    package init?(header: String?) {
        guard let header, header.lowercased().hasPrefix("bearer") else { return nil }
        var fields: [String: String] = [:]
        for part in Self.fields(of: header.dropFirst("bearer".count)) { fields[part.name] = part.value }
        resource = (fields["resource"] ?? fields["scope"]).map { text in
            (text.hasSuffix("/.default") ? String(text.dropLast("/.default".count)) : text).droppingTrailingSlashes()
        }
        let authorization = fields["authorization"] ?? fields["authorization_uri"]
        tenantID = authorization.flatMap { url in
            url.split(separator: "/").dropFirst(2).first.map(String.init)
        }
        error = fields["error"]
    }

    /// Returns the `name="value"` pairs, which are separated by commas or spaces.
    private static func fields(of text: Substring) -> [(name: String, value: String)] {
        var result: [(name: String, value: String)] = []
        var rest = text
        while true {
            rest = rest.drop { $0 == " " || $0 == "," }
            guard let equals = rest.firstIndex(of: "=") else { return result }
            let name = rest[..<equals].lowercased()
            rest = rest[rest.index(after: equals)...]
            let value: Substring
            if rest.first == "\"" {
                rest = rest.dropFirst()
                value = rest.prefix { $0 != "\"" }
                rest = rest.dropFirst(value.count + 1)
            } else {
                value = rest.prefix { $0 != "," && $0 != " " }
                rest = rest.dropFirst(value.count)
            }
            result.append((name, String(value)))
        }
    }

    /// Whether a token for `resource` can be sent to `vaultHost`: the vault's host must be a subdomain of the
    /// resource's. Azure's own clients use this rule against forged challenges.
    package func isTrustworthy(forHost vaultHost: String) -> Bool {
        guard let resource, resource.lowercasedASCII.hasPrefix("https://") else { return false }
        let host = resource.dropFirst("https://".count).lowercasedASCII
        return !host.isEmpty && !host.contains("/") && !host.contains("\\") && !host.contains("@")
            && Self.withPort(vaultHost.lowercasedASCII).hasSuffix("." + Self.withPort(host))
    }

    private static func withPort(_ host: String) -> String { host.contains(":") ? host : host + ":443" }
}
