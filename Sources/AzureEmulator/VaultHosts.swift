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

    /// The names of an AKS cluster's API server, and of the token proxy behind it: the last is derived
    /// from the cluster's id in the one before.
    static let apiServer = [
        "kubernetes.default.svc.cluster.local", "hcp-kubernetes.696995ccb303450001b31a18.svc.cluster.local",
        "aeaf29ip1hi5q38ebc3u4daum81u0unk52t5bg50j25234fmuj78g.ests.aks",
    ]

    /// For the server certificate.
    static var certificateNames: [String] {
        authorities.filter { $0 != "127.0.0.1" } + suffixes.map { "*.\($0)" } + apiServer
    }

    /// The vault's name and the resource its tokens are for, if `authority` (host, perhaps with a
    /// port) is a vault's.
    static func vault(in authority: String) -> (name: String, resource: String)? {
        guard let dot = authority.firstIndex(of: ".") else { return nil }
        let parent = authority[authority.index(after: dot)...].lowercased()
        guard suffixes.contains(String(parent.prefix { $0 != ":" })) else { return nil }
        let resource = parent.hasSuffix(":443") ? String(parent.dropLast(4)) : parent
        return (authority[..<dot].lowercased(), "https://\(resource)")
    }

    /// Whom a client means that asks for `host` in its TLS greeting.
    static func service(at host: String?) -> FaultTarget.Service {
        guard let host else { return .entra }
        if let vault = vault(in: host) { return .vault(vault.name) }
        return apiServer.contains(host.lowercased()) ? .tokenProxy : .entra
    }

    /// Whether the proxy may connect to `host`.
    static func isServed(_ host: String) -> Bool {
        authorities.contains(host.lowercased()) || vault(in: host) != nil
    }
}
