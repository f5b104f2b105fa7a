internal import JWTKit

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

    /// Checks nothing: Entra checks the times against the emulator's clock.
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}

extension ServiceAccountClaims {
    /// Decodes the claims. `aud` may be one string or an array (RFC 7519, section 4.1.3).
    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let audiences: [String]
        if let one = try? values.decode(String.self, forKey: .aud) {
            audiences = [one]
        } else {
            audiences = try values.decode([String].self, forKey: .aud)
        }
        self.init(
            iss: try values.decode(String.self, forKey: .iss), sub: try values.decode(String.self, forKey: .sub),
            aud: audiences, exp: try values.decode(Int.self, forKey: .exp),
            iat: try values.decodeIfPresent(Int.self, forKey: .iat),
            nbf: try values.decodeIfPresent(Int.self, forKey: .nbf))
    }
}
