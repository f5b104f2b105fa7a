internal import Foundation
internal import HTTPFetch
internal import JWTKit

/// Verifies the assertions of workload identity federation: service-account tokens of the built-in cluster
/// and tokens of other trusted issuers.
struct FederationVerifier: Sendable {
    private static let bindingAudience = "api://AKSIdentityBinding"
    /// How many seconds before its `nbf` a token is accepted.
    private static let allowedSkew = 300

    let cluster: ClusterIssuer
    let issuers: [TrustedIssuer]
    /// The directory that relative paths of key sets start from.
    let seedDirectory: URL

    /// Makes Entra's checks in Entra's order: a federated credential with the token's issuer, audience and subject,
    /// then the signature, then the times. Throws an `EntraError`.
    func verify(_ assertion: String, of identity: EntraIdentity, now: Int) async throws {
        let claims: ServiceAccountClaims
        do {
            claims = try await JWTKeyCollection().unverified(assertion, as: ServiceAccountClaims.self)
        } catch {
            throw EntraError(
                status: 400, code: "invalid_request", number: 50027, message: "JWT token is invalid or malformed.")
        }
        try checkCredentials(of: identity, for: claims)
        try await checkSignature(of: assertion, issuer: claims.iss)
        guard claims.exp > now, (claims.nbf ?? 0) <= now + Self.allowedSkew else {
            throw EntraError(
                number: 700024,
                message:
                    "Client assertion is not within its valid time range. Current time: \(now), expiry time of assertion \(claims.exp)."
            )
        }
    }

    /// Makes the check of an AKS cluster's token proxy, which replaces Entra's: the token's service account must have
    /// an identity binding. Throws an `EntraError`.
    func verifyBinding(_ assertion: String, of identity: EntraIdentity, now: Int) async throws {
        try await checkSignature(of: assertion, issuer: cluster.url)
        let claims = try await JWTKeyCollection().unverified(assertion, as: ServiceAccountClaims.self)
        guard claims.aud.contains(Self.bindingAudience), claims.exp > now,
            identity.boundServiceAccounts?.contains(claims.sub) == true
        else {
            throw EntraError(
                number: 700213, message: "No identity binding lets '\(claims.sub)' use '\(identity.clientID)'.")
        }
    }

    // MARK: - Federated credentials

    private func checkCredentials(of identity: EntraIdentity, for claims: ServiceAccountClaims) throws {
        let credentials = identity.federatedCredentials ?? []
        guard !credentials.isEmpty else {
            throw EntraError(
                number: 70025,
                message:
                    "The client '\(identity.clientID)'(\(identity.name)) has no configured federated identity credentials."
            )
        }
        let sameIssuer = credentials.filter { ($0.issuer ?? cluster.url) == claims.iss }
        guard !sameIssuer.isEmpty else {
            throw Self.noMatch(number: 700211, "issuer", claims.iss)
        }
        let sameAudience = sameIssuer.filter {
            claims.aud.contains($0.audience ?? FederatedCredential.defaultAudience)
        }
        guard !sameAudience.isEmpty else {
            throw Self.noMatch(number: 700212, "audience", claims.aud.joined(separator: ","))
        }
        guard sameAudience.contains(where: { $0.subject == claims.sub }) else {
            let differsInCase = sameAudience.contains { $0.subject.lowercased() == claims.sub.lowercased() }
            throw Self.noMatch(number: differsInCase ? 7_002_138 : 700213, "subject", claims.sub)
        }
    }

    private static func noMatch(number: Int, _ claim: String, _ value: String) -> EntraError {
        EntraError(
            number: number,
            message:
                "No matching federated identity record found for presented assertion \(claim) '\(value)'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion."
        )
    }

    // MARK: - Signatures

    private func checkSignature(of assertion: String, issuer: String) async throws {
        let keys = JWTKeyCollection()
        do {
            _ = try await keys.add(jwksJSON: try await keySet(of: issuer))
        } catch {
            throw EntraError(
                status: 400, code: "invalid_request", number: 90061,
                message: "Request to External OIDC endpoint failed: \(issuer).")
        }
        do {
            guard Self.algorithm(of: assertion) == "RS256" else {
                throw JWTError.generic(identifier: "alg", reason: "not RS256")
            }
            _ = try await keys.verify(assertion, as: ServiceAccountClaims.self)
        } catch {
            throw EntraError(
                number: 700027,
                message:
                    "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found.]"
            )
        }
    }

    private static func algorithm(of assertion: String) -> String? {
        let header = assertion.split(separator: ".").first.flatMap { Data(base64URL: String($0)) }
        return header.flatMap { JSON.decode([String: String].self, from: $0) }?["alg"]
    }

    /// The JSON Web Key Set of an issuer.
    private func keySet(of issuer: String) async throws -> String {
        if issuer == cluster.url { return String(decoding: try await cluster.keySet(), as: UTF8.self) }
        guard let place = issuers.first(where: { $0.url == issuer })?.jwks else {
            throw EmulatorError("the seed has no key set for the issuer \(issuer)")
        }
        guard place.hasPrefix("http://") || place.hasPrefix("https://") else {
            return try String(contentsOf: URL(fileURLWithPath: place, relativeTo: seedDirectory), encoding: .utf8)
        }
        return String(decoding: try await HTTPFetch(url: place).response().body, as: UTF8.self)
    }
}
