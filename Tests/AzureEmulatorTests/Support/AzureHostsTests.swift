import Testing

@testable import AzureEmulator

@Suite("Azure's host names")
struct AzureHostsTests {
    @Test(
        "A vault is recognised in each cloud, and its tokens are for the cloud's resource",
        arguments: [
            ("kv-tests.vault.azure.net", "kv-tests", "https://vault.azure.net"),
            ("KV-Tests.Vault.Azure.net:443", "kv-tests", "https://vault.azure.net"),
            ("kv-tests.vault.azure.cn", "kv-tests", "https://vault.azure.cn"),
            ("kv-tests.vault.localhost:8443", "kv-tests", "https://vault.localhost:8443"),
        ])
    func vaults(authority: String, name: String, resource: String) throws {
        let vault = try #require(AzureHosts.vault(at: authority))
        #expect(vault.name == name)
        #expect(vault.resource == resource)
    }

    @Test(
        "Other hosts are not vaults",
        arguments: ["vault.azure.net", "a.b.vault.azure.net", "kv.vault.azure.net.evil.example", "localhost", ""])
    func others(authority: String) {
        #expect(AzureHosts.vault(at: authority) == nil)
    }

    @Test(
        "The server name of a TLS client names the service",
        arguments: [
            ("kv-tests.vault.azure.net", .vault("kv-tests")), ("login.microsoftonline.com", .entra),
            ("kubernetes.default.svc.cluster.local", .tokenProxy), (nil, .entra),
        ] as [(String?, EmulatedService)])
    func services(host: String?, service: EmulatedService) {
        #expect(AzureHosts.service(at: host) == service)
    }
}
