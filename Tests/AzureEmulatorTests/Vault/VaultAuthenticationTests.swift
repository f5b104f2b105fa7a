import HTTPTypes
import Testing

@testable import AzureEmulator

@Suite("The check of the access token")
struct VaultAuthenticationTests {
    private static let resource = "https://vault.azure.net"
    private static let vault = Vault(name: "kv-tests", tenantID: EntraIdentity.testTenant, access: [], objects: [:])

    /// The error with which the vault refuses a caller; nil if it accepts it.
    private static func error(
        _ authorization: String?, entra: TestEntra, vault: Vault = vault
    ) async throws -> VaultError? {
        do {
            let caller = try await VaultAuthentication(entra: entra.directory).caller(
                authorization: authorization, vault: vault, resource: resource, now: entra.clock.seconds)
            #expect(caller.identity.name == "reader")
            return nil
        } catch let error as VaultError {
            return error
        }
    }

    private static func token(
        _ entra: TestEntra, to identity: EntraIdentity = .test(), resource: String = resource
    ) async throws -> String {
        "Bearer \(try await entra.directory.issueToken(to: identity, resource: resource))"
    }

    @Test(
        "A request without a token gets a challenge for the vault's tenant and resource", arguments: [nil, "Basic x"])
    func challenge(authorization: String?) async throws {
        let entra = try await TestEntra([.test()])
        let error = try #require(try await Self.error(authorization, entra: entra))
        #expect(error.status == .unauthorized)
        #expect(error.message.hasPrefix("AKV10000"))
        #expect(
            error.headers[.wwwAuthenticate]
                == "Bearer authorization=\"https://login.microsoftonline.com/\(EntraIdentity.testTenant)\", resource=\"https://vault.azure.net\""
        )
    }

    @Test("A token that another Entra signed is refused")
    func foreignToken() async throws {
        let entra = try await TestEntra([.test()])
        let serviceAccountToken = try await entra.serviceAccountToken()
        let error = try await Self.error("Bearer \(serviceAccountToken)", entra: entra)
        #expect(error?.status == .unauthorized)
        #expect(error?.message.hasPrefix("AKV10001") == true)
    }

    @Test("A token is accepted until the second before its expiry")
    func expiry() async throws {
        let entra = try await TestEntra([.test()])
        let token = try await Self.token(entra)
        entra.clock.advance(by: 3598)
        #expect(try await Self.error(token, entra: entra) == nil)
        entra.clock.advance(by: 1)
        #expect(try await Self.error(token, entra: entra)?.message.hasPrefix("[TokenExpired]") == true)
    }

    @Test("A token for another resource is refused")
    func audience() async throws {
        let entra = try await TestEntra([.test()])
        let token = try await Self.token(entra, resource: "https://vault.azure.cn")
        #expect(try await Self.error(token, entra: entra)?.message.hasPrefix("AKV10022") == true)
    }

    @Test("A token of another tenant is refused")
    func tenant() async throws {
        let entra = try await TestEntra([.test()])
        var vault = Self.vault
        vault.tenantID = "88888888-8888-4888-8888-888888888888"
        let token = try await Self.token(entra)
        #expect(try await Self.error(token, entra: entra, vault: vault)?.message.hasPrefix("AKV10032") == true)
    }

    @Test("A token of a deleted application is refused")
    func unknownApplication() async throws {
        let entra = try await TestEntra([.test()])
        let token = try await Self.token(entra, to: .test(clientID: "another"))
        #expect(try await Self.error(token, entra: entra)?.message.hasPrefix("AKV10001") == true)
    }

    @Test("Known API versions and their previews are accepted")
    func apiVersions() {
        #expect(["7.4", "7.6-preview.2", "2016-10-01", "2026-04-01"].allSatisfy(VaultResponder.isKnown))
        #expect(!["", "7", "8.0", "7.44", "preview"].contains(where: VaultResponder.isKnown))
    }
}
