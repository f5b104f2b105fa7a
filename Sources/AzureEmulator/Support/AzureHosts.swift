/// The host names under which clients reach the emulator: Azure's own names, through the emulator's
/// proxy and without a change to manifests or SDKs, and names under `localhost`, for direct connections.
enum AzureHosts {
    /// The DNS suffixes of vaults in Azure's clouds. They are also the resources that tokens are issued for.
    static let vaultSuffixes = [
        "vault.azure.net", "vault.usgovcloudapi.net", "vault.azure.cn", "vault.microsoftazure.de",
        "vault.sovcloud-api.fr", "vault.sovcloud-api.de", "vault.localhost",
    ]

    /// The hosts of Entra in Azure's clouds.
    static let authorities = [
        "login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn",
        "login.partner.microsoftonline.cn", "login.microsoftonline.de", "login.sovcloud-identity.fr",
        "login.sovcloud-identity.de", "login.localhost", "localhost", "127.0.0.1",
    ]

    /// The hosts of an AKS cluster's API server, and of the token proxy behind it. The last name is
    /// derived from the cluster's id in the name before it.
    static let apiServer = [
        "kubernetes.default.svc.cluster.local", "hcp-kubernetes.696995ccb303450001b31a18.svc.cluster.local",
        "aeaf29ip1hi5q38ebc3u4daum81u0unk52t5bg50j25234fmuj78g.ests.aks",
    ]

    /// The names for the emulator's server certificate.
    static var certificateNames: [String] {
        authorities.filter { $0 != "127.0.0.1" } + vaultSuffixes.map { "*.\($0)" } + apiServer
    }

    /// The name of the vault at `authority` (a host, with or without a port) and the resource that its
    /// tokens must be issued for; nil if `authority` is not a vault's.
    static func vault(at authority: String) -> (name: String, resource: String)? {
        guard let dot = authority.firstIndex(of: ".") else { return nil }
        let parent = authority[authority.index(after: dot)...].lowercased()
        guard vaultSuffixes.contains(String(parent.prefix { $0 != ":" })) else { return nil }
        let resource = parent.hasSuffix(":443") ? String(parent.dropLast(4)) : parent
        return (authority[..<dot].lowercased(), "https://\(resource)")
    }

    /// The service for a TLS client that sends `host` as its server name (SNI).
    static func service(at host: String?) -> EmulatedService {
        guard let host else { return .entra }
        if let vault = vault(at: host) { return .vault(vault.name) }
        return apiServer.contains(host.lowercased()) ? .tokenProxy : .entra
    }

    /// The domains of Azure's clouds, of Entra and of Microsoft Graph.
    private static let domains = [
        "azure.com", "azure.net", "windows.net", "windowsazure.com", "microsoftonline.com", "microsoftonline-p.com",
        "login.microsoft.com", "login.live.com", "login.windows.net", "graph.microsoft.com", "sts.windows.net",
        "azure.us", "usgovcloudapi.net", "microsoftonline.us", "microsoftazure.us", "graph.microsoft.us",
        "azure.cn", "chinacloudapi.cn", "microsoftonline.cn", "microsoftgraph.chinacloudapi.cn",
        "microsoftazure.de", "microsoftonline.de", "cloudapi.de", "sovcloud-api.fr", "sovcloud-api.de",
        "sovcloud-identity.fr", "sovcloud-identity.de", "ests.aks",
    ]

    /// Whether a host belongs to Azure, regardless of whether the emulator emulates it. The metadata service of a
    /// virtual machine belongs to Azure too.
    static func belongsToAzure(_ host: String) -> Bool {
        let name = host.lowercased()
        return domains.contains { name == $0 || name.hasSuffix(".\($0)") } || name == "169.254.169.254"
    }

    /// Whether the proxy may open a tunnel to `host`.
    static func isServed(_ host: String) -> Bool {
        authorities.contains(host.lowercased()) || vault(at: host) != nil
    }
}
