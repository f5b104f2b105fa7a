internal import Crypto
internal import Documents
internal import ProviderCore
internal import SecretMemory

/// The JWT with which an application proves that it holds its certificate's private key (RFC 7523):
/// for one token endpoint and ten minutes, so that it is worth little to anybody who sees it.
struct ClientAssertion {
    private static let lifetime = 600

    let jwt: SecretBytes

    init(
        of clientID: String, _ certificate: ClientCertificate, audience: String, form: Form, now: Int
    ) throws(ProviderError) {
        let claims: JSONOutput = [
            "aud": .text(audience), "exp": .number(now + Self.lifetime), "iat": .number(now), "iss": .text(clientID),
            "jti": .text(RequestID.make()), "nbf": .number(now), "sub": .text(clientID),
        ]
        let thumbprint: (String, JSONOutput) = certificate.certificate.withExposed { bytes in
            switch form {
            case .entra: ("x5t#S256", .text(Array(SHA256.hash(data: bytes)).base64URL))
            case .activeDirectoryFederationServices: ("x5t", .text(Array(Insecure.SHA1.hash(data: bytes)).base64URL))
            }
        }
        let header = JSONOutput.object([("alg", form == .entra ? "PS256" : "RS256"), ("typ", "JWT"), thumbprint])
        let signed = Array(
            "\(Array(header.compact.utf8).base64URL).\(Array(claims.compact.utf8).base64URL)".utf8)
        do {
            let signature = try certificate.signature(over: signed, form == .entra ? .pss : .pkcs1)
            jwt = SecretBytes(signed + Array(".\(signature.base64URL)".utf8))
        } catch {
            throw ProviderError(
                .credentialsInvalid, "the private key of clientcertificate cannot sign",
                hint: "openssl pkey -check -noout -in key.pem")
        }
    }

    /// Which algorithms the authority wants.
    enum Form {
        /// PS256 and a SHA-256 thumbprint.
        case entra
        /// AD FS knows RS256 and SHA-1 thumbprints only.
        case activeDirectoryFederationServices
    }
}

extension [UInt8] {
    /// RFC 4648 section 5, without padding.
    var base64URL: String {
        var builder = SecretBytesBuilder(capacity: count * 2)
        withUnsafeBytes { Base64.encode($0, into: &builder) }
        return builder.finish().withExposed { digits in
            var text = ""
            for digit in digits where digit != UInt8(ascii: "=") {
                switch digit {
                case UInt8(ascii: "+"): text.append("-")
                case UInt8(ascii: "/"): text.append("_")
                default: text.append(Character(Unicode.Scalar(digit)))
                }
            }
            return text
        }
    }
}
