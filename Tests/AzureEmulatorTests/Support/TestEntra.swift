import Foundation

@testable import AzureEmulator

/// Entra with some identities, the issuer of its cluster, and a clock that a test moves.
struct TestEntra {
    /// The issuers' private keys. The generation of RSA keys is slow, so all tests share them.
    private static let keys = Result { (own: try ClusterIssuer.newKey(), foreign: try ClusterIssuer.newKey()) }

    static let issuer = "https://oidc.akv-emulator.example/tests/"
    static let endpoint = "https://login.microsoftonline.com/\(EntraIdentity.testTenant)/oauth2/v2.0/token"
    static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    let clock = EmulatorClock.frozen()
    let cluster: ClusterIssuer
    let directory: EntraDirectory

    init(
        _ identities: [EntraIdentity], vaults: [Vault] = [], issuers: [TrustedIssuer] = [],
        seedDirectory: URL = URL(fileURLWithPath: "/nonexistent")
    ) async throws {
        cluster = try await Self.cluster()
        directory = try await EntraDirectory(
            EntraDirectory.Configuration(
                storage: try StateStore.test(vaults: vaults, identities: identities), cluster: cluster,
                issuers: issuers, signingKey: Data(repeating: 1, count: 32), seedDirectory: seedDirectory),
            clock: clock)
    }

    /// The cluster's issuer.
    static func cluster(url: String = issuer) async throws -> ClusterIssuer {
        try await ClusterIssuer(url: url, privateKey: try keys.get().own)
    }

    /// An issuer with another key than the cluster's.
    static func foreignIssuer(url: String = issuer) async throws -> ClusterIssuer {
        try await ClusterIssuer(url: url, privateKey: try keys.get().foreign)
    }

    /// A service-account token of `team-a/reader`, from the cluster or from another issuer.
    func serviceAccountToken(
        from issuer: ClusterIssuer? = nil, namespace: String = "team-a", name: String = "reader",
        audience: String = FederatedCredential.defaultAudience, lifetime: Int = 3600
    ) async throws -> String {
        try await (issuer ?? cluster).token(
            namespace: namespace, serviceAccount: name, audiences: [audience], lifetime: lifetime, now: clock.seconds)
    }

    /// A valid form with an assertion.
    static func form(assertion: String) -> [String: String] {
        [
            "grant_type": "client_credentials", "client_id": EntraIdentity.testClient,
            "scope": "https://vault.azure.net/.default", "client_assertion_type": assertionType,
            "client_assertion": assertion,
        ]
    }

    /// A valid form with a client secret.
    static func form(secret: String) -> [String: String] {
        [
            "grant_type": "client_credentials", "client_id": EntraIdentity.testClient,
            "scope": "https://vault.azure.net/.default", "client_secret": secret,
        ]
    }

    /// Sends a form to the token endpoint.
    func exchange(
        _ form: [String: String], tenant: String = EntraIdentity.testTenant, isThroughProxy: Bool = false
    ) async throws -> [String: Any] {
        try await directory.respond(
            to: EntraTokenRequest(
                tenant: tenant, endpoint: Self.endpoint, form: form, isThroughProxy: isThroughProxy))
    }

    /// Sends a form with an assertion and returns the claims of the access token.
    func claims(for assertion: String, isThroughProxy: Bool = false) async throws -> AccessTokenClaims? {
        let response = try await exchange(Self.form(assertion: assertion), isThroughProxy: isThroughProxy)
        return await directory.claims(of: response["access_token"] as? String ?? "")
    }

    /// Sends a form and returns the error with which Entra refuses it; nil if it issues a token.
    func error(
        for form: [String: String], tenant: String = EntraIdentity.testTenant, isThroughProxy: Bool = false
    ) async throws -> EntraError? {
        do {
            _ = try await exchange(form, tenant: tenant, isThroughProxy: isThroughProxy)
            return nil
        } catch let error as EntraError {
            return error
        }
    }
}
