internal import CryptoExtras
internal import Foundation
internal import JWTKit

/// A Kubernetes cluster's service-account issuer: a key, its discovery documents, and tokens.
struct ClusterIssuer: Sendable {
    let url: String
    private let keys: JWTKeyCollection
    private let keyID: String
    private let publicJWK: [String: String]

    /// A new key in PEM.
    static func newKey() throws -> String { try _RSA.Signing.PrivateKey(keySize: .bits2048).pemRepresentation }

    /// `privateKey` is an RSA key in PEM.
    init(url: String, privateKey: String) async throws {
        self.url = url
        let key = try _RSA.Signing.PrivateKey(pemRepresentation: privateKey)
        let numbers = try key.publicKey.getKeyPrimitives()
        keyID = String(numbers.modulus.base64URL.prefix(16))
        publicJWK = [
            "kty": "RSA", "alg": "RS256", "use": "sig", "kid": keyID, "n": numbers.modulus.base64URL,
            "e": numbers.publicExponent.base64URL,
        ]
        keys = JWTKeyCollection()
        await keys.add(
            rsa: try Insecure.RSA.PrivateKey(pem: key.pemRepresentation), digestAlgorithm: .sha256,
            kid: JWKIdentifier(string: keyID))
    }

    var jwks: [String: Any] { ["keys": [publicJWK]] }

    /// The OIDC discovery document.
    var discovery: [String: Any] {
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        return [
            "issuer": url, "jwks_uri": "\(base)/openid/v1/jwks", "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
        ]
    }

    /// A token as the API server's TokenRequest gives it.
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

/// The claims of a Kubernetes service-account token.
struct ServiceAccountClaims: JWTPayload {
    struct Kubernetes: Codable, Sendable {
        struct Account: Codable, Sendable {
            var name: String
            var uid: String
        }
        var namespace: String
        var serviceaccount: Account
    }

    var iss: String
    var sub: String
    var aud: [String]
    var exp: Int
    var iat: Int?
    var nbf: Int?
    var jti: String?
    var kubernetes: Kubernetes?

    enum CodingKeys: String, CodingKey {
        case iss, sub, aud, exp, iat, nbf, jti
        case kubernetes = "kubernetes.io"
    }

    init(
        iss: String, sub: String, aud: [String], exp: Int, iat: Int?, nbf: Int?, jti: String?, kubernetes: Kubernetes?
    ) {
        (self.iss, self.sub, self.aud, self.exp) = (iss, sub, aud, exp)
        (self.iat, self.nbf, self.jti, self.kubernetes) = (iat, nbf, jti, kubernetes)
    }

    /// `aud` may be one string or several.
    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        iss = try values.decode(String.self, forKey: .iss)
        sub = try values.decode(String.self, forKey: .sub)
        exp = try values.decode(Int.self, forKey: .exp)
        iat = try values.decodeIfPresent(Int.self, forKey: .iat)
        nbf = try values.decodeIfPresent(Int.self, forKey: .nbf)
        if let one = try? values.decode(String.self, forKey: .aud) {
            aud = [one]
        } else {
            aud = try values.decode([String].self, forKey: .aud)
        }
    }

    /// Times are checked by the emulator, against its own clock.
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}
