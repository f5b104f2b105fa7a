import Azure
import Testing

@Suite("The proxy settings of the environment")
struct ProxySettingsTests {
    private func proxied(_ host: String, except exceptions: String, port: Int = 443) throws -> Bool {
        let settings = try ProxySettings(environment: [
            "HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": exceptions,
        ])
        return settings.proxy(forHost: host, port: port) != nil
    }

    @Test(
        "the proxy's URL is read",
        arguments: [
            ("http://proxy.example:3128", "proxy.example", 3128, nil),
            ("proxy.example:8080", "proxy.example", 8080, nil),
            ("http://proxy.example/", "proxy.example", 80, nil),
            ("http://u:p%40ss@proxy.example:1", "proxy.example", 1, "u:p@ss"),
            ("http://u@proxy.example:1", "proxy.example", 1, "u:"),
            ("http://u:@proxy.example:1", "proxy.example", 1, "u:"),
            ("http://a%40b@proxy.example:1", "proxy.example", 1, "a@b:"),
            ("http://[::1]:3128", "::1", 3128, nil),
        ] as [(String, String, Int, String?)])
    func url(text: String, host: String, port: Int, credentials: String?) throws {
        let proxy = try ProxySettings(environment: ["HTTPS_PROXY": text]).proxy
        #expect(proxy?.host == host)
        #expect(proxy?.port == port)
        #expect(proxy?.credentials == credentials)
    }

    @Test("the lower-case names are read too, and the upper-case names override them")
    func names() throws {
        #expect(try ProxySettings(environment: ["https_proxy": "http://a:1"]).proxy?.host == "a")
        #expect(
            try ProxySettings(environment: ["https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"]).proxy?.host
                == "b")
        #expect(try ProxySettings(environment: [:]).proxy == nil)
    }

    @Test(
        "invalid settings are refused",
        arguments: [
            "https://proxy.example", "socks5://proxy.example", "http://", "http://proxy:0", "http://proxy:65536",
            "http://proxy:-1", "http://proxy:+80", "http://proxy:", "http://proxy:a", "[::1]:99999", "[::1]x",
            "http://a:b:c",
        ])
    func refused(text: String) {
        #expect(throws: ProxySettingsError.self) { try ProxySettings(environment: ["HTTPS_PROXY": text]) }
    }

    @Test(
        "the hosts of NO_PROXY do not use the proxy",
        arguments: [
            ("kv.vault.azure.net", "vault.azure.net", false), ("vault.azure.net", "vault.azure.net", false),
            ("kv.vault.azure.net", ".vault.azure.net", false), ("vault.azure.net", ".vault.azure.net", true),
            ("evilvault.azure.net", "vault.azure.net", true), ("KV.Vault.Azure.NET", "vault.azure.net", false),
            ("kv.vault.azure.net", "*.vault.azure.net", false), ("anything", "*", false),
            ("10.1.2.3", "10.0.0.0/8", false), ("11.1.2.3", "10.0.0.0/8", true), ("10.1.2.3", "10.1.2.3", false),
            ("fd00::1", "fd00::/8", false), ("kv.vault.azure.net", "10.0.0.0/8, vault.azure.net", false),
            ("kv.vault.azure.net", "vault.azure.net:8443", true), ("kv.vault.azure.net", "vault.azure.net:443", false),
            ("kv.vault.azure.net", "", true), ("localhost", "", false), ("127.0.0.5", "", false), ("::1", "", false),
        ])
    func exceptions(host: String, list: String, isProxied: Bool) throws {
        #expect(try proxied(host, except: list) == isProxied)
    }
}
