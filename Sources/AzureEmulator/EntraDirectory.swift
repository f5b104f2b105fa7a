internal import AsyncHTTPClient
internal import Foundation
internal import JWTKit
internal import NIOCore

/// Entra's side of the emulator: who exists, which tokens it believes, and what it answers.
struct EntraDirectory: Sendable {
    /// An answer of the token endpoint that is no success.
    struct Refusal: Error {
        var status = 401
        var error = "invalid_client"
        var number: Int
        var text: String
    }

    /// The claims of the tokens that the emulator issues and its vaults accept.
    struct AccessClaims: JWTPayload {
        var aud: String
        var iss: String
        var tid: String
        var appid: String
        var oid: String
        var iat: Int
        var nbf: Int
        var exp: Int

        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    static let federationAudience = "api://AzureADTokenExchange"
    private static let accessTokenLifetime = 3599

    private let store: StateStore
    let cluster: ClusterIssuer
    private let issuers: [Seed.Issuer]
    private let directory: URL
    private var clock: EmulatorClock
    private let signing = JWTKeyCollection()
    private let certificates: ApplicationCertificates

    /// `signingKey` is what its tokens are signed and judged with.
    init(
        seed: Seed, store: StateStore, cluster: ClusterIssuer, signingKey: Data, seedDirectory: URL,
        clock: EmulatorClock
    ) async throws {
        certificates = try ApplicationCertificates(of: store.identities, relativeTo: seedDirectory)
        self.store = store
        issuers = seed.issuers ?? []
        self.cluster = cluster
        directory = seedDirectory
        self.clock = clock
        await signing.add(hmac: HMACKey(from: signingKey), digestAlgorithm: .sha256)
    }

    var identities: [Seed.Identity] { store.identities }

    /// The same directory with another idea of now.
    func judging(by clock: EmulatorClock) -> EntraDirectory {
        var copy = self
        copy.clock = clock
        return copy
    }

    /// `POST /{tenant}/oauth2/v2.0/token`, where `endpoint` is the URL that the client sees.
    func token(
        tenant: String, endpoint: String, form: [String: String], throughProxy: Bool
    ) async throws -> [String: Any] {
        guard form["grant_type"] == "client_credentials" else {
            throw Refusal(
                status: 400, error: "unsupported_grant_type", number: 70003,
                text: "The app requested an unsupported grant type '\(form["grant_type"] ?? "")'.")
        }
        guard identities.contains(where: { $0.tenantID.lowercased() == tenant.lowercased() }) else {
            throw Self.unknown(tenant, error: "invalid_request")
        }
        let clientID = form["client_id"] ?? ""
        guard
            let identity = identities.first(where: {
                $0.clientID.lowercased() == clientID.lowercased() && $0.tenantID.lowercased() == tenant.lowercased()
            })
        else {
            throw Refusal(
                status: 400, error: "unauthorized_client", number: 700016,
                text: "Application with identifier '\(clientID)' was not found in the directory '\(tenant)'.")
        }
        let resource = try Self.resource(scope: form["scope"] ?? "")
        if let secret = form["client_secret"] {
            guard identity.clientSecrets?.contains(secret) == true else {
                throw Refusal(
                    number: 7_000_215,
                    text:
                        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '\(clientID)'."
                )
            }
        } else {
            guard form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                let assertion = form["client_assertion"], !assertion.isEmpty
            else {
                throw Refusal(
                    number: 7_000_218,
                    text:
                        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
            }
            if try certificates.verify(assertion, from: identity, at: endpoint, now: clock.seconds) {
                // Signed by the application itself.
            } else if throughProxy {
                try await checkBinding(assertion, for: identity)
            } else {
                try await check(assertion, for: identity)
            }
        }
        return [
            "token_type": "Bearer", "expires_in": Self.accessTokenLifetime, "ext_expires_in": Self.accessTokenLifetime,
            "access_token": try await issue(to: identity, resource: resource),
        ]
    }

    /// Refuses a tenant in which there is neither an identity nor a vault.
    func demandTenant(_ tenant: String) throws {
        let known =
            ["common", "organizations", "consumers", "adfs"] + identities.map(\.tenantID) + store.vaults.map(\.tenantID)
        guard known.contains(where: { $0.lowercased() == tenant.lowercased() }) else {
            throw Self.unknown(tenant, error: "invalid_tenant")
        }
    }

    private static func unknown(_ tenant: String, error: String) -> Refusal {
        Refusal(
            status: 400, error: error, number: 90002,
            text:
                "Tenant '\(tenant)' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
        )
    }

    /// The claims of one of our own tokens; nil for anything else.
    func claims(of token: String) async -> AccessClaims? {
        try? await signing.verify(token, as: AccessClaims.self)
    }

    /// The id of the identity's service principal, the same at every start.
    static func objectID(of identity: Seed.Identity) -> String {
        String(identity.clientID.lowercased().reversed().map { $0 == "-" ? "-" : $0 })
    }

    func issue(to identity: Seed.Identity, resource: String) async throws -> String {
        let now = clock.seconds
        return try await signing.sign(
            AccessClaims(
                aud: resource, iss: "https://sts.windows.net/\(identity.tenantID)/", tid: identity.tenantID,
                appid: identity.clientID, oid: Self.objectID(of: identity), iat: now, nbf: now,
                exp: now + Self.accessTokenLifetime))
    }

    private static func resource(scope: String) throws -> String {
        guard scope.hasSuffix("/.default"), scope.hasPrefix("https://") else {
            throw Refusal(
                status: 400, error: "invalid_scope", number: 70011,
                text:
                    "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope \(scope) is not valid."
            )
        }
        var resource = String(scope.dropLast("/.default".count))
        while resource.hasSuffix("/") { resource.removeLast() }
        let host = resource.dropFirst("https://".count).prefix { $0 != ":" }
        guard VaultHosts.suffixes.contains(String(host)) else {
            throw Refusal(
                status: 400, error: "invalid_resource", number: 500011,
                text: "The resource principal named \(resource) was not found in the tenant.")
        }
        return resource
    }

    // MARK: - Federation

    /// Everything Entra checks of a federated assertion.
    private func check(_ assertion: String, for identity: Seed.Identity) async throws {
        let presented: ServiceAccountClaims
        do {
            presented = try await JWTKeyCollection().unverified(assertion, as: ServiceAccountClaims.self)
        } catch {
            throw Refusal(
                status: 400, error: "invalid_request", number: 50027,
                text: "JWT token is invalid or malformed.")
        }
        let credentials = identity.federatedCredentials ?? []
        guard !credentials.isEmpty else {
            throw Refusal(
                number: 70025,
                text:
                    "The client '\(identity.clientID)'(\(identity.name)) has no configured federated identity credentials."
            )
        }
        let sameIssuer = credentials.filter { ($0.issuer ?? cluster.url) == presented.iss }
        guard !sameIssuer.isEmpty else {
            throw Refusal(
                number: 700211,
                text:
                    "No matching federated identity record found for presented assertion issuer '\(presented.iss)'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion."
            )
        }
        let sameAudience = sameIssuer.filter { presented.aud.contains($0.audience ?? Self.federationAudience) }
        guard !sameAudience.isEmpty else {
            throw Refusal(
                number: 700212,
                text:
                    "No matching federated identity record found for presented assertion audience '\(presented.aud.joined(separator: ","))'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion."
            )
        }
        guard sameAudience.contains(where: { $0.subject == presented.sub }) else {
            let almost = sameAudience.contains { $0.subject.lowercased() == presented.sub.lowercased() }
            throw Refusal(
                number: almost ? 7_002_138 : 700213,
                text:
                    "No matching federated identity record found for presented assertion subject '\(presented.sub)'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion."
            )
        }
        try await checkSignature(assertion, issuer: presented.iss)
        let now = clock.seconds
        guard presented.exp > now, (presented.nbf ?? 0) <= now + 300 else {
            throw Refusal(
                number: 700024,
                text:
                    "Client assertion is not within its valid time range. Current time: \(now), expiry time of assertion \(presented.exp)."
            )
        }
    }

    /// What the token proxy of an AKS cluster checks in Entra's place.
    private func checkBinding(_ assertion: String, for identity: Seed.Identity) async throws {
        try await checkSignature(assertion, issuer: cluster.url)
        let presented = try await JWTKeyCollection().unverified(assertion, as: ServiceAccountClaims.self)
        guard presented.aud.contains("api://AKSIdentityBinding"), presented.exp > clock.seconds,
            identity.boundServiceAccounts?.contains(presented.sub) == true
        else {
            throw Refusal(
                number: 700213, text: "No identity binding lets '\(presented.sub)' use '\(identity.clientID)'.")
        }
    }

    private func checkSignature(_ assertion: String, issuer: String) async throws {
        let header = assertion.split(separator: ".").first.flatMap { Data(base64URL: String($0)) }
        let algorithm = header.flatMap { try? JSONDecoder().decode([String: String].self, from: $0) }?["alg"]
        let keys = JWTKeyCollection()
        do {
            _ = try await keys.add(jwksJSON: try await keyDocument(of: issuer))
        } catch {
            throw Refusal(
                status: 400, error: "invalid_request", number: 90061,
                text: "Request to External OIDC endpoint failed: \(issuer).")
        }
        do {
            guard algorithm == "RS256" else { throw JWTError.generic(identifier: "alg", reason: "not RS256") }
            _ = try await keys.verify(assertion, as: ServiceAccountClaims.self)
        } catch {
            throw Refusal(
                number: 700027,
                text:
                    "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found.]"
            )
        }
    }

    /// An issuer's JWKS as JSON.
    private func keyDocument(of issuer: String) async throws -> String {
        if issuer == cluster.url {
            return String(decoding: try JSONSerialization.data(withJSONObject: cluster.jwks), as: UTF8.self)
        }
        guard let place = issuers.first(where: { $0.url == issuer })?.jwks else {
            throw Seed.Invalid(description: "no keys for \(issuer)")
        }
        guard place.hasPrefix("http://") || place.hasPrefix("https://") else {
            return try String(contentsOf: URL(fileURLWithPath: place, relativeTo: directory), encoding: .utf8)
        }
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: place), timeout: .seconds(10))
        return String(buffer: try await response.body.collect(upTo: 1 << 20))
    }
}

extension Data {
    init?(base64URL text: String) {
        let standard = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        self.init(base64Encoded: standard + String(repeating: "=", count: (4 - standard.count % 4) % 4))
    }
}
