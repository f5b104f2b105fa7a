internal import Crypto
internal import Documents
internal import ProviderCore
internal import SecretMemory

/// The signed JWT with which an application proves that it holds the private key of its certificate (RFC 7523). It is
/// valid for one token endpoint and for ten minutes, so a leaked one is of little use.
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

    /// The algorithms that the authority supports.
    enum Form {
        /// PS256 and a SHA-256 thumbprint.
        case entra
        /// RS256 and a SHA-1 thumbprint, the only ones that AD FS supports.
        case activeDirectoryFederationServices
    }
}

extension [UInt8] {
    /// The bytes in base64url (RFC 4648, section 5), without padding.
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
