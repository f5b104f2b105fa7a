import Testing

@testable import AzureEmulator

@Suite("The proxy's rules")
struct ConnectRulesTests {
    private static func decide(
        _ host: String, headers: String = "", rules: ConnectRules = ConnectRules()
    ) -> ConnectRules.Decision {
        rules.decide(ConnectRequest(head: "CONNECT \(host):443 HTTP/1.1\r\nHost: \(host)\r\n\(headers)\r\n"))
    }

    @Test(
        "The proxy connects to Azure's hosts in each cloud, in any case",
        arguments: [
            "login.microsoftonline.com", "Login.MicrosoftOnline.US", "kv-tests.vault.azure.net", "kv.vault.azure.cn",
        ])
    func served(host: String) {
        #expect(Self.decide(host) == .accept)
    }

    @Test(
        "The proxy refuses all other hosts",
        arguments: [
            "example.com", "vault.azure.net", "kv-tests.vault.azure.net.example.com", "10.0.0.1",
            "management.azure.com", "",
        ])
    func notServed(host: String) {
        #expect(Self.decide(host) == .forbidden)
    }

    @Test("The name of a vault that is not in the seed cannot be resolved")
    func unknownVault() {
        let rules = ConnectRules(hasVault: { $0 == "kv-tests" })
        #expect(Self.decide("KV-tests.vault.azure.net", rules: rules) == .accept)
        #expect(Self.decide("kv-other.vault.azure.net", rules: rules) == .unresolved)
        #expect(Self.decide("login.microsoftonline.com", rules: rules) == .accept)
    }

    @Test("The host of the cluster's issuer is served too")
    func extraHosts() {
        let rules = ConnectRules(extraHosts: ["oidc.example"])
        #expect(Self.decide("OIDC.example", rules: rules) == .accept)
        #expect(Self.decide("other.example", rules: rules) == .forbidden)
    }

    @Test(
        "A request that is not a CONNECT request is refused",
        arguments: [
            "GET http://kv.vault.azure.net/ HTTP/1.1\r\n\r\n", "CONNECT kv.vault.azure.net HTTP/1.1\r\n\r\n",
            "CONNECT kv.vault.azure.net:443\r\n\r\n", "connect kv.vault.azure.net:443 HTTP/1.1\r\n\r\n", "\r\n\r\n",
        ])
    func notConnect(head: String) {
        #expect(ConnectRules().decide(ConnectRequest(head: head)) == .forbidden)
    }

    @Test("A proxy with credentials requires exactly these in the header of RFC 7617")
    func credentials() {
        // user:pass word
        let rules = ConnectRules(credentials: "user:pass word")
        func decide(_ headers: String) -> ConnectRules.Decision {
            Self.decide("kv.vault.azure.net", headers: headers, rules: rules)
        }
        for header in [
            "Proxy-Authorization: Basic dXNlcjpwYXNzIHdvcmQ=\r\n", "proxy-authorization:basic dXNlcjpwYXNzIHdvcmQ=\r\n",
            "X: y\r\nProxy-Authorization:   BASIC dXNlcjpwYXNzIHdvcmQ=\r\n",
        ] {
            #expect(decide(header) == .accept, "\(header)")
        }
        for header in [
            "", "Proxy-Authorization: Basic dXNlcjpwYXNzIHdvcmR=\r\n", "Proxy-Authorization: dXNlcjpwYXNzIHdvcmQ=\r\n",
            "Proxy-Authorization: Bearer dXNlcjpwYXNzIHdvcmQ=\r\n", "Authorization: Basic dXNlcjpwYXNzIHdvcmQ=\r\n",
            "Proxy-Authorization: Basic DXNLCJPWYXNZIHDVCMQ=\r\n",
        ] {
            #expect(decide(header) == .authenticationRequired, "\(header)")
        }
    }

    @Test("With the option for other hosts, the proxy connects to them, but not to other hosts of Azure")
    func otherHosts() {
        let rules = ConnectRules(
            credentials: "user:password", connectsToOtherHosts: true, hasVault: { $0 == "kv-tests" })
        func decide(_ host: String) -> ConnectRules.Decision {
            Self.decide(host, headers: "Proxy-Authorization: Basic dXNlcjpwYXNzd29yZA==\r\n", rules: rules)
        }
        for host in ["pypi.org", "api.example", "10.0.0.1", "[::1]", "notazure.com", "azure.com.example"] {
            #expect(decide(host) == .passThrough, "\(host)")
        }
        for host in ["management.azure.com", "GRAPH.microsoft.com", "x.blob.core.windows.net", "vault.azure.net"] {
            #expect(decide(host) == .notEmulated, "\(host)")
        }
        #expect(decide("kv-tests.vault.azure.net") == .accept)
        #expect(decide("kv-other.vault.azure.net") == .unresolved)
        #expect(decide("") == .forbidden)
        #expect(Self.decide("pypi.org", rules: rules) == .authenticationRequired)
        #expect(rules.decide(ConnectRequest(head: "CONNECT pypi.org:http HTTP/1.1\r\n\r\n")) == .forbidden)
    }

    @Test("A host that is not served is refused before the proxy asks for credentials")
    func order() {
        #expect(Self.decide("example.com", rules: ConnectRules(credentials: "user:password")) == .forbidden)
    }
}
