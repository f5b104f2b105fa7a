import Testing

@testable import AzureEmulator

@Suite("Entra's token endpoint")
struct TokenEndpointTests {
    /// Entra with two identities of different tenants, each with a client secret.
    private static func entra() async throws -> TestEntra {
        try await TestEntra([
            .test(clientSecrets: ["old", "new"]),
            .test(name: "other", clientID: otherClient, tenantID: otherTenant, clientSecrets: ["other"]),
        ])
    }

    private static let otherClient = "11111111-aaaa-4aaa-8aaa-000000000002"
    private static let otherTenant = "88888888-8888-4888-8888-888888888888"

    @Test("Each registered client secret is accepted", arguments: ["old", "new"])
    func secrets(secret: String) async throws {
        let entra = try await Self.entra()
        let response = try await entra.exchange(TestEntra.form(secret: secret))
        #expect(response["token_type"] as? String == "Bearer")
        #expect(response["expires_in"] as? Int == 3599)
    }

    @Test("Client ids and tenants match in any case")
    func ignoresCase() async throws {
        let entra = try await Self.entra()
        var form = TestEntra.form(secret: "new")
        form["client_id"] = EntraIdentity.testClient.uppercased()
        #expect(try await entra.error(for: form, tenant: EntraIdentity.testTenant.uppercased()) == nil)
    }

    @Test("A wrong client secret is refused")
    func wrongSecret() async throws {
        let entra = try await Self.entra()
        #expect(try await entra.error(for: TestEntra.form(secret: "other"))?.number == 7_000_215)
    }

    @Test("A request without a secret and without an assertion is refused")
    func noProof() async throws {
        let entra = try await Self.entra()
        var form = TestEntra.form(assertion: "")
        #expect(try await entra.error(for: form)?.number == 7_000_218)
        form = TestEntra.form(assertion: "x.y.z")
        form["client_assertion_type"] = "another type"
        #expect(try await entra.error(for: form)?.number == 7_000_218)
    }

    @Test("An unknown tenant is refused")
    func unknownTenant() async throws {
        let entra = try await Self.entra()
        let error = try #require(try await entra.error(for: TestEntra.form(secret: "new"), tenant: "nowhere"))
        #expect(error.number == 90002)
        #expect(error.code == "invalid_request")
        #expect(error.message.contains("Tenant 'nowhere' not found"))
    }

    @Test("A client of another tenant is unknown")
    func otherTenantsClient() async throws {
        let entra = try await Self.entra()
        var form = TestEntra.form(secret: "other")
        form["client_id"] = Self.otherClient
        let error = try #require(try await entra.error(for: form))
        #expect(error.number == 700016)
        #expect(error.code == "unauthorized_client")
        #expect(try await entra.error(for: form, tenant: Self.otherTenant) == nil)
    }

    @Test("Only client credentials are granted", arguments: ["password", "", nil])
    func grantType(type: String?) async throws {
        let entra = try await Self.entra()
        var form = TestEntra.form(secret: "new")
        form["grant_type"] = type
        #expect(try await entra.error(for: form)?.number == 70003)
    }

    @Test(
        "A scope that is not the default scope of Key Vault is refused",
        arguments: [
            "https://vault.azure.net": 70011, "http://vault.azure.net/.default": 70011,
            "https://graph.microsoft.com/.default": 500011,
        ])
    func scope(scope: String, number: Int) async throws {
        let entra = try await Self.entra()
        var form = TestEntra.form(secret: "new")
        form["scope"] = scope
        #expect(try await entra.error(for: form)?.number == number)
    }

    @Test(
        "The token is for the resource in the scope, without a trailing slash",
        arguments: ["https://vault.azure.cn/.default", "https://vault.azure.cn//.default"])
    func resource(scope: String) async throws {
        let entra = try await Self.entra()
        var form = TestEntra.form(secret: "new")
        form["scope"] = scope
        let token = try #require(try await entra.exchange(form)["access_token"] as? String)
        #expect(await entra.directory.claims(of: token)?.aud == "https://vault.azure.cn")
    }

    @Test("Metadata exists for the tenants of identities and vaults and for Entra's common endpoints")
    func tenants() async throws {
        let vault = Vault(name: "v", tenantID: "77777777-7777-4777-8777-777777777777", access: [], objects: [:])
        let entra = try await TestEntra([.test()], vaults: [vault])
        for tenant in [EntraIdentity.testTenant, vault.tenantID, "common", "organizations"] {
            try entra.directory.checkTenant(tenant)
        }
        #expect(throws: EntraError.self) { try entra.directory.checkTenant(Self.otherTenant) }
    }

    @Test("A form is decoded like a browser's: plus signs are spaces, and the rest is percent-encoded")
    func forms() {
        #expect(
            EntraResponder.form("a=b+c&d=%2B%26&e=&f&g=x=y") == ["a": "b c", "d": "+&", "e": "", "f": "", "g": "x=y"])
    }

    @Test(
        "Only the paths of Entra and AD FS are token endpoints",
        arguments: [
            ("tenant/oauth2/v2.0/token", "tenant"), ("adfs/oauth2/token", "adfs"), ("adfs/oauth2/v2.0/token", nil),
            ("tenant/oauth2/token", nil), ("a/tenant/oauth2/v2.0/token", nil),
        ] as [(String, String?)])
    func paths(path: String, tenant: String?) {
        #expect(TokenEndpoints.tenant(at: path.split(separator: "/").map(String.init)) == tenant)
    }
}
