internal import CryptoExtras
internal import Foundation
internal import JWTKit

/// The issuer of the cluster's service-account tokens: a built-in one with its own key and tokens, or that of the
/// Kubernetes cluster that the emulator runs in.
struct ClusterIssuer: Sendable {
    private enum Source: Sendable {
        case builtIn(Signer)
        case kubernetes(KubernetesAPI)
    }

    private struct Signer: Sendable {
        var keys: JWTKeyCollection
        var keyID: String
        var publicJWK: [String: String]
    }

    /// The issuer's URL, which is the `iss` claim of its tokens.
    let url: String
    private let source: Source

    /// Generates a key, in PEM.
    static func newKey() throws -> String { try _RSA.Signing.PrivateKey(keySize: .bits2048).pemRepresentation }

    /// The built-in issuer. `privateKey` is an RSA key in PEM.
    init(url: String, privateKey: String) async throws {
        self.url = url
        let key = try _RSA.Signing.PrivateKey(pemRepresentation: privateKey)
        let members = try JSONWebKey.members(of: key.publicKey)
        let keyID = String((members["n"] ?? "").prefix(16))
        let keys = JWTKeyCollection()
        await keys.add(
            rsa: try Insecure.RSA.PrivateKey(pem: key.pemRepresentation), digestAlgorithm: .sha256,
            kid: JWKIdentifier(string: keyID))
        source = .builtIn(
            Signer(
                keys: keys, keyID: keyID,
                publicJWK: members.merging(["alg": "RS256", "use": "sig", "kid": keyID]) { $1 }))
    }

    /// The issuer of a Kubernetes cluster, as its API server names it.
    init(_ api: KubernetesAPI) async throws {
        url = try await api.issuer()
        source = .kubernetes(api)
    }

    /// The JSON Web Key Set with which others verify the tokens. That of a Kubernetes cluster is fetched at each call,
    /// so that a new signing key counts immediately.
    func keySet() async throws -> Data {
        switch source {
        case .builtIn(let signer): try JSON.data(["keys": [signer.publicJWK]])
        case .kubernetes(let api): try await api.keySet()
        }
    }

    /// The OIDC discovery document.
    var discovery: [String: Any] {
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        return [
            "issuer": url, "jwks_uri": "\(base)/openid/v1/jwks", "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
        ]
    }

    /// Issues a service-account token, like the API server's TokenRequest. `lifetime` is in seconds, `now`
    /// in seconds since 1970. Throws an `EmulatorError` for a Kubernetes cluster, which alone has the key.
    func token(
        namespace: String, serviceAccount: String, audiences: [String], lifetime: Int, now: Int
    ) async throws -> String {
        guard case .builtIn(let signer) = source else {
            throw EmulatorError(
                "the tokens are those of the Kubernetes cluster; run kubectl create token \(serviceAccount) --namespace \(namespace) --audience \(audiences.joined(separator: ","))"
            )
        }
        let claims = ServiceAccountClaims(
            iss: url, sub: "system:serviceaccount:\(namespace):\(serviceAccount)", aud: audiences, exp: now + lifetime,
            iat: now, nbf: now, jti: UUID().uuidString.lowercased(),
            kubernetes: .init(
                namespace: namespace,
                serviceaccount: .init(name: serviceAccount, uid: UUID().uuidString.lowercased())))
        return try await signer.keys.sign(claims, kid: JWKIdentifier(string: signer.keyID))
    }
}
