/// The names under which the emulator can be reached: Azure's own, so that manifests and SDKs need no
/// change behind the proxy, and `localhost` ones for direct connections.
enum VaultHosts {
    static let suffixes = [
        "vault.azure.net", "vault.usgovcloudapi.net", "vault.azure.cn", "vault.microsoftazure.de",
        "vault.sovcloud-api.fr", "vault.sovcloud-api.de", "vault.localhost",
    ]

    static let authorities = [
        "login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn",
        "login.partner.microsoftonline.cn", "login.microsoftonline.de", "login.sovcloud-identity.fr",
        "login.sovcloud-identity.de", "login.localhost", "localhost", "127.0.0.1",
    ]

    /// For the server certificate.
    static var certificateNames: [String] { authorities.filter { $0 != "127.0.0.1" } + suffixes.map { "*.\($0)" } }

    /// The vault's name and the resource its tokens are for, if `authority` (host, perhaps with a
    /// port) is a vault's.
    static func vault(in authority: String) -> (name: String, resource: String)? {
        guard let dot = authority.firstIndex(of: ".") else { return nil }
        let parent = authority[authority.index(after: dot)...].lowercased()
        guard suffixes.contains(String(parent.prefix { $0 != ":" })) else { return nil }
        let resource = parent.hasSuffix(":443") ? String(parent.dropLast(4)) : parent
        return (authority[..<dot].lowercased(), "https://\(resource)")
    }

    /// Whether the proxy may connect to `host`.
    static func isServed(_ host: String) -> Bool {
        authorities.contains(host.lowercased()) || vault(in: host) != nil
    }
}
