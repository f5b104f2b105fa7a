internal import Foundation
internal import JWTKit

/// Entra's token endpoint: the identities that exist, the proofs that it accepts, and the access tokens
/// that it issues.
struct EntraDirectory: Sendable {
    /// The fixed inputs of a directory.
    struct Configuration {
        var storage: any IdentityStorage
        var cluster: ClusterIssuer
        var issuers: [TrustedIssuer] = []
        /// The secret with which access tokens are signed and verified.
        var signingKey: Data
        /// The directory that relative paths of the seed start from.
        var seedDirectory = URL(fileURLWithPath: ".")
    }

    let cluster: ClusterIssuer
    private let storage: any IdentityStorage
    private let certificates: ApplicationCertificates
    private let federation: FederationVerifier
    private let signing = JWTKeyCollection()
    private var clock: EmulatorClock

    init(_ configuration: Configuration, clock: EmulatorClock) async throws {
        storage = configuration.storage
        cluster = configuration.cluster
        certificates = try ApplicationCertificates(
            of: configuration.storage.identities, relativeTo: configuration.seedDirectory)
        federation = FederationVerifier(
            cluster: configuration.cluster, issuers: configuration.issuers,
            seedDirectory: configuration.seedDirectory)
        self.clock = clock
        await signing.add(hmac: HMACKey(from: configuration.signingKey), digestAlgorithm: .sha256)
    }

    var identities: [EntraIdentity] { storage.identities }

    /// The same directory with another clock.
    func using(_ clock: EmulatorClock) -> EntraDirectory {
        var copy = self
        copy.clock = clock
        return copy
    }

    // MARK: - Token requests

    /// The response to a token request. Throws an `EntraError` if Entra would refuse it.
    func respond(to request: EntraTokenRequest) async throws -> [String: Any] {
        let form = request.form
        guard form["grant_type"] == "client_credentials" else {
            throw EntraError(
                status: 400, code: "unsupported_grant_type", number: 70003,
                message: "The app requested an unsupported grant type '\(form["grant_type"] ?? "")'.")
        }
        let identity = try client(form["client_id"] ?? "", tenant: request.tenant)
        let resource = try Self.resource(scope: form["scope"] ?? "")
        if let secret = form["client_secret"] {
            try Self.check(secret: secret, of: identity, clientID: form["client_id"] ?? "")
        } else {
            try await check(assertionIn: request, of: identity)
        }
        return [
            "token_type": "Bearer", "expires_in": AccessTokenClaims.lifetime,
            "ext_expires_in": AccessTokenClaims.lifetime,
            "access_token": try await issueToken(to: identity, resource: resource),
        ]
    }

    /// Throws an `EntraError` for a tenant that has neither an identity nor a vault.
    func checkTenant(_ tenant: String) throws {
        let known = ["common", "organizations", "consumers", "adfs"] + storage.tenantIDs
        guard known.contains(where: { $0.lowercased() == tenant.lowercased() }) else {
            throw EntraError.unknownTenant(tenant, code: "invalid_tenant")
        }
    }

    private func client(_ clientID: String, tenant: String) throws -> EntraIdentity {
        let inTenant = identities.filter { $0.tenantID.lowercased() == tenant.lowercased() }
        guard !inTenant.isEmpty else { throw EntraError.unknownTenant(tenant, code: "invalid_request") }
        guard let identity = inTenant.first(where: { $0.hasClientID(clientID) }) else {
            throw EntraError(
                status: 400, code: "unauthorized_client", number: 700016,
                message: "Application with identifier '\(clientID)' was not found in the directory '\(tenant)'.")
        }
        return identity
    }

    /// The resource that a scope names, which must be Key Vault in one of Azure's clouds.
    private static func resource(scope: String) throws -> String {
        guard scope.hasSuffix("/.default"), scope.hasPrefix("https://") else {
            throw EntraError(
                status: 400, code: "invalid_scope", number: 70011,
                message:
                    "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope \(scope) is not valid."
            )
        }
        var resource = String(scope.dropLast("/.default".count))
        while resource.hasSuffix("/") { resource.removeLast() }
        let host = resource.dropFirst("https://".count).prefix { $0 != ":" }
        guard AzureHosts.vaultSuffixes.contains(String(host)) else {
            throw EntraError(
                status: 400, code: "invalid_resource", number: 500011,
                message: "The resource principal named \(resource) was not found in the tenant.")
        }
        return resource
    }

    // MARK: - Proofs

    private static func check(secret: String, of identity: EntraIdentity, clientID: String) throws {
        guard identity.clientSecrets?.contains(secret) == true else {
            throw EntraError(
                number: 7_000_215,
                message:
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '\(clientID)'."
            )
        }
    }

    private func check(assertionIn request: EntraTokenRequest, of identity: EntraIdentity) async throws {
        guard
            request.form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            let assertion = request.form["client_assertion"], !assertion.isEmpty
        else {
            throw EntraError(
                number: 7_000_218,
                message: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
            )
        }
        let now = clock.seconds
        if try certificates.verify(assertion, from: identity, endpoint: request.endpoint, now: now) {
            return
        }
        if request.isThroughProxy {
            try await federation.verifyBinding(assertion, of: identity, now: now)
        } else {
            try await federation.verify(assertion, of: identity, now: now)
        }
    }

    // MARK: - Access tokens

    /// Issues an access token for `resource`.
    func issueToken(to identity: EntraIdentity, resource: String) async throws -> String {
        try await signing.sign(AccessTokenClaims(identity: identity, resource: resource, now: clock.seconds))
    }

    /// The claims of a token that this directory issued; nil for any other text. The caller checks them.
    func claims(of token: String) async -> AccessTokenClaims? {
        do {
            return try await signing.verify(token, as: AccessTokenClaims.self)
        } catch {
            return nil
        }
    }
}
