internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import SwiftASN1
internal import X509

/// The certificates that applications registered, and the verification of the assertions that they sign
/// with them ([certificate credentials](https://learn.microsoft.com/entra/identity-platform/certificate-credentials)).
struct ApplicationCertificates: Sendable {
    private struct Registered: Sendable {
        var clientID: String
        var sha1: [UInt8]
        var sha256: [UInt8]
        var key: _RSA.Signing.PublicKey
        /// Seconds since 1970.
        var notAfter: Int
    }

    private struct Header: Decodable {
        var alg: String
        var x5t: String?
        var sha256Thumbprint: String?

        enum CodingKeys: String, CodingKey {
            case alg, x5t
            case sha256Thumbprint = "x5t#S256"
        }
    }

    private struct Claims: Decodable {
        var iss: String?
        var sub: String?
        var aud: String?
        /// RFC 7519 allows fractions, and MSAL sends them.
        var nbf: Double?
        var exp: Double?
    }

    /// How many seconds before its `nbf` an assertion is accepted.
    private static let allowedSkew = 300

    private let registered: [Registered]

    init(of identities: [EntraIdentity], relativeTo directory: URL) throws {
        registered = try identities.flatMap { identity in
            try (identity.clientCertificates ?? []).map { try Self.read($0, of: identity, relativeTo: directory) }
        }
    }

    private static func read(
        _ text: String, of identity: EntraIdentity, relativeTo directory: URL
    ) throws -> Registered {
        do {
            let pem =
                text.contains("-----BEGIN")
                ? text : try String(contentsOf: URL(fileURLWithPath: text, relativeTo: directory), encoding: .utf8)
            let certificate = try Certificate(pemEncoded: pem)
            let bytes = try certificate.derBytes()
            return Registered(
                clientID: identity.clientID.lowercased(), sha1: Array(Insecure.SHA1.hash(data: bytes)),
                sha256: Array(SHA256.hash(data: bytes)),
                key: try _RSA.Signing.PublicKey(pemRepresentation: certificate.publicKey.serializeAsPEM().pemString),
                notAfter: Int(certificate.notValidAfter.timeIntervalSince1970))
        } catch {
            throw EmulatorError("a certificate of the identity \(identity.name) cannot be used: \(error)")
        }
    }

    /// Verifies an assertion that the application itself signed. Returns false if another issuer signed it,
    /// and throws an `EntraError` if the application signed it and it is not valid. `endpoint` is the token
    /// endpoint's URL, which must be the audience.
    func verify(_ assertion: String, from identity: EntraIdentity, endpoint: String, now: Int) throws -> Bool {
        let parts = assertion.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let header = Self.decode(Header.self, parts[0]),
            let claims = Self.decode(Claims.self, parts[1]), let issuer = claims.iss, !issuer.contains("/")
        else { return false }
        guard identity.hasClientID(issuer), claims.sub == issuer else {
            throw EntraError(
                number: 700021, message: "Client assertion application identifier doesn't match 'client_id' parameter.")
        }
        let certificate = try find(header, of: identity)
        let padding: _RSA.Signing.Padding = header.alg == "PS256" ? .PSS : .insecurePKCS1v1_5
        guard ["PS256", "RS256"].contains(header.alg), let signature = Data(base64URL: parts[2]),
            certificate.key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: Data("\(parts[0]).\(parts[1])".utf8),
                padding: padding)
        else {
            throw Self.error("The key was found, but use of the key to verify the signature failed.", header)
        }
        guard certificate.notAfter > now else { throw Self.error("The key used is expired.", header) }
        guard claims.aud == endpoint else {
            throw EntraError(
                number: 700023, message: "Client assertion audience claim does not match Realm issuer.")
        }
        guard let expiry = claims.exp, expiry > Double(now), (claims.nbf ?? 0) <= Double(now + Self.allowedSkew)
        else {
            throw EntraError(
                number: 700024,
                message:
                    "Client assertion is not within its valid time range. Current time: \(now), assertion valid from \(claims.nbf ?? 0), expiry time of assertion \(claims.exp ?? 0)."
            )
        }
        return true
    }

    /// The identity's certificate with the thumbprint in the assertion's header.
    private func find(_ header: Header, of identity: EntraIdentity) throws -> Registered {
        let found = registered.first { certificate in
            guard identity.hasClientID(certificate.clientID) else { return false }
            if let thumbprint = header.sha256Thumbprint {
                return Data(base64URL: thumbprint) == Data(certificate.sha256)
            }
            return header.x5t.flatMap { Data(base64URL: $0) } == Data(certificate.sha1)
        }
        guard let found else { throw Self.error("The key was not found.", header) }
        return found
    }

    private static func error(_ reason: String, _ header: Header) -> EntraError {
        EntraError(
            number: 700027,
            message:
                "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - \(reason), Thumbprint of key used by client: '\(header.sha256Thumbprint ?? header.x5t ?? "")']"
        )
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ part: String) -> Value? {
        Data(base64URL: part).flatMap { JSON.decode(type, from: $0) }
    }
}
