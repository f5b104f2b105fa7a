internal import CryptoExtras
internal import Foundation
internal import JWTKit

/// The service-account issuer of the built-in Kubernetes cluster: its key, its discovery documents and its
/// tokens.
struct ClusterIssuer: Sendable {
    /// The issuer's URL, which is the `iss` claim of its tokens.
    let url: String
    private let keys: JWTKeyCollection
    private let keyID: String
    private let publicJWK: [String: String]

    /// Generates a key, in PEM.
    static func newKey() throws -> String { try _RSA.Signing.PrivateKey(keySize: .bits2048).pemRepresentation }

    /// `privateKey` is an RSA key in PEM.
    init(url: String, privateKey: String) async throws {
        self.url = url
        let key = try _RSA.Signing.PrivateKey(pemRepresentation: privateKey)
        let members = try JSONWebKey.members(of: key.publicKey)
        keyID = String((members["n"] ?? "").prefix(16))
        publicJWK = members.merging(["alg": "RS256", "use": "sig", "kid": keyID]) { $1 }
        keys = JWTKeyCollection()
        await keys.add(
            rsa: try Insecure.RSA.PrivateKey(pem: key.pemRepresentation), digestAlgorithm: .sha256,
            kid: JWKIdentifier(string: keyID))
    }

    /// The JSON Web Key Set with which others verify the tokens.
    var jwks: [String: Any] { ["keys": [publicJWK]] }

    /// The OIDC discovery document.
    var discovery: [String: Any] {
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        return [
            "issuer": url, "jwks_uri": "\(base)/openid/v1/jwks", "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
        ]
    }

    /// Issues a service-account token, like the API server's TokenRequest. `lifetime` is in seconds, `now`
    /// in seconds since 1970.
    func token(
        namespace: String, serviceAccount: String, audiences: [String], lifetime: Int, now: Int
    ) async throws -> String {
        let claims = ServiceAccountClaims(
            iss: url, sub: "system:serviceaccount:\(namespace):\(serviceAccount)", aud: audiences, exp: now + lifetime,
            iat: now, nbf: now, jti: UUID().uuidString.lowercased(),
            kubernetes: .init(
                namespace: namespace,
                serviceaccount: .init(name: serviceAccount, uid: UUID().uuidString.lowercased())))
        return try await keys.sign(claims, kid: JWKIdentifier(string: keyID))
    }
}
