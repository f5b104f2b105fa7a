import ProviderCore
import Testing

@testable import Azure

/// A vault's own words about itself, which are compared with what was asked for.
@Suite("A vault's names")
struct VaultNameTests {
    private static let vault = VaultAddress(name: "kv-a", suffix: "vault.azure.net")

    @Test(
        "an answer's identifier must be of the object, in any case of ASCII letters",
        arguments: [
            ("key", "https://kv-a.vault.azure.net/secrets/key/1", true),
            ("key", "https://KV-A.vault.azure.net:443/Secrets/KEY/1", true),
            ("key", "https://kv-b.vault.azure.net/secrets/key/1", false),
            ("key", "https://private.example/secrets/key/1", true),
            // The Kelvin sign in lower case is a k.
            ("\u{212A}ey", "https://kv-a.vault.azure.net/secrets/key/1", false),
            ("key", "https://kv-a.vault.azure.net/secrets/\u{212A}ey/1", false),
            ("\u{E9}", "https://kv-a.vault.azure.net/secrets/e\u{301}/1", false),
        ])
    func identifier(name: String, id: String, isRight: Bool) {
        let wanted = VaultObjectID(object: KeyVaultObject(name: name, type: .secret), version: "", vault: Self.vault)
        if isRight {
            #expect(throws: Never.self) { try wanted.check(id) }
        } else {
            #expect(throws: VaultAnswerError.self) { try wanted.check(id) }
        }
    }

    @Test(
        "a challenge's resource must be above the vault's host",
        arguments: [
            ("https://vault.azure.net", true), ("HTTPS://Vault.Azure.NET:443", true), ("https://other.net", false),
            ("https://ault.azure.net", false), ("https://vault.azure.net\u{301}", false),
        ])
    func resource(resource: String, isTrusted: Bool) throws {
        let challenge = try #require(VaultChallenge(header: "Bearer resource=\"\(resource)\""))
        #expect(challenge.isTrustworthy(forHost: Self.vault.host) == isTrusted)
    }

    @Test("the Kelvin sign in a challenge is not a k") func kelvin() throws {
        let challenge = try #require(VaultChallenge(header: "Bearer resource=\"https://vault.\u{212A}.example\""))
        #expect(!challenge.isTrustworthy(forHost: "kv-a.vault.k.example"))
    }
}
