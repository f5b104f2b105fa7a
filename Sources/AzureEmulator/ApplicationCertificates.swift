internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import SwiftASN1
internal import X509

/// The certificates that applications registered, and the check of the assertions signed with them.
struct ApplicationCertificates: Sendable {
    private struct Registered: Sendable {
        var clientID: String
        var sha1: [UInt8]
        var sha256: [UInt8]
        var key: _RSA.Signing.PublicKey
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

    private static let allowedSkew = 300

    private let registered: [Registered]

    init(of identities: [Seed.Identity], relativeTo directory: URL) throws {
        registered = try identities.flatMap { identity in
            try (identity.clientCertificates ?? []).map { try Self.read($0, of: identity, relativeTo: directory) }
        }
    }

    private static func read(
        _ text: String, of identity: Seed.Identity, relativeTo directory: URL
    ) throws -> Registered {
        do {
            let pem =
                text.contains("-----BEGIN")
                ? text : try String(contentsOf: URL(fileURLWithPath: text, relativeTo: directory), encoding: .utf8)
            let certificate = try Certificate(pemEncoded: pem)
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            let bytes = serializer.serializedBytes
            return Registered(
                clientID: identity.clientID.lowercased(), sha1: Array(Insecure.SHA1.hash(data: bytes)),
                sha256: Array(SHA256.hash(data: bytes)),
                key: try _RSA.Signing.PublicKey(pemRepresentation: certificate.publicKey.serializeAsPEM().pemString),
                notAfter: Int(certificate.notValidAfter.timeIntervalSince1970))
        } catch {
            throw Seed.Invalid(description: "a certificate of identity \(identity.name) is not usable: \(error)")
        }
    }

    /// Whether `assertion` is one that `identity` signed itself; throws if it is and does not hold.
    /// What comes from another issuer is not its business.
    func verify(_ assertion: String, from identity: Seed.Identity, at endpoint: String, now: Int) throws -> Bool {
        let parts = assertion.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let header: Header = Self.decode(parts[0]), let claims: Claims = Self.decode(parts[1]),
            let issuer = claims.iss, !issuer.contains("/")
        else { return false }
        guard issuer.lowercased() == identity.clientID.lowercased(), claims.sub == issuer else {
            throw EntraDirectory.Refusal(
                number: 700021, text: "Client assertion application identifier doesn't match 'client_id' parameter.")
        }
        let key = try find(header, of: identity)
        let signed = Data("\(parts[0]).\(parts[1])".utf8)
        let padding: _RSA.Signing.Padding = header.alg == "PS256" ? .PSS : .insecurePKCS1v1_5
        guard ["PS256", "RS256"].contains(header.alg), let signature = Data(base64URL: parts[2]),
            key.key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: signed, padding: padding)
        else { throw refusal("The key was found, but use of the key to verify the signature failed.", header) }
        guard key.notAfter > now else { throw refusal("The key used is expired.", header) }
        guard claims.aud == endpoint else {
            throw EntraDirectory.Refusal(
                number: 700023, text: "Client assertion audience claim does not match Realm issuer.")
        }
        guard let expiry = claims.exp, expiry > Double(now),
            (claims.nbf ?? 0) <= Double(now + Self.allowedSkew)
        else {
            throw EntraDirectory.Refusal(
                number: 700024,
                text:
                    "Client assertion is not within its valid time range. Current time: \(now), assertion valid from \(claims.nbf ?? 0), expiry time of assertion \(claims.exp ?? 0)."
            )
        }
        return true
    }

    private func find(_ header: Header, of identity: Seed.Identity) throws -> Registered {
        let own = registered.filter { $0.clientID == identity.clientID.lowercased() }
        let found = own.first { certificate in
            if let thumbprint = header.sha256Thumbprint {
                return Data(base64URL: thumbprint) == Data(certificate.sha256)
            }
            return header.x5t.flatMap { Data(base64URL: $0) } == Data(certificate.sha1)
        }
        guard let found else { throw refusal("The key was not found.", header) }
        return found
    }

    private func refusal(_ reason: String, _ header: Header) -> EntraDirectory.Refusal {
        EntraDirectory.Refusal(
            number: 700027,
            text:
                "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - \(reason), Thumbprint of key used by client: '\(header.sha256Thumbprint ?? header.x5t ?? "")']"
        )
    }

    private static func decode<Value: Decodable>(_ part: String) -> Value? {
        Data(base64URL: part).flatMap { try? JSONDecoder().decode(Value.self, from: $0) }
    }
}
