internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import X509

/// The public keys of vaults, as the members of a JSON Web Key (RFC 7517).
enum JSONWebKey {
    static let curves = ["P-256", "P-384", "P-521", "P-256K"]
    static let sizes = [2048, 3072, 4096]

    /// Generates a key. `type` is `RSA` or `EC`, or either with `-HSM` as in vaults of the premium tier.
    /// Throws what Key Vault refuses.
    static func generate(
        type: String, curve: String? = nil, size: Int? = nil
    ) throws -> (members: [String: String], secret: SecretKey) {
        let curve = curve ?? "P-256"
        let size = size ?? 2048
        let base = type.hasSuffix("-HSM") ? String(type.dropLast(4)) : type
        switch base {
        case "RSA":
            guard sizes.contains(size) else {
                throw CertificateInputError("The key size \(size) is not supported; use 2048, 3072 or 4096.")
            }
        case "EC":
            guard curves.contains(curve) else {
                throw CertificateInputError(
                    "The curve \(curve) is not supported; use one of \(curves.joined(separator: ", ")).")
            }
        default:
            throw CertificateInputError(
                "The key type \(type) is not supported by a vault; only a managed HSM has symmetric keys.")
        }
        var (members, secret) =
            base == "EC" && curve == "P-256K"
            ? try generateP256K() : try generated(type: base, curve: curve, size: size)
        members["kty"] = type
        return (members, secret)
    }

    private static func generated(
        type: String, curve: String, size: Int
    ) throws -> (members: [String: String], secret: SecretKey) {
        let key = try KeyPair.generate(type: type, curve: curve, size: size)
        return (key.publicJWK, SecretKey(pkcs8: key.pkcs8))
    }

    /// The members for a certificate's public key.
    static func members(of key: Certificate.PublicKey) throws -> [String: String] {
        if let rsa = _RSA.Signing.PublicKey(key) { return try members(of: rsa) }
        let points: [(String, Data?)] = [
            ("P-256", P256.Signing.PublicKey(key)?.x963Representation),
            ("P-384", P384.Signing.PublicKey(key)?.x963Representation),
            ("P-521", P521.Signing.PublicKey(key)?.x963Representation),
        ]
        for case (let curve, let point?) in points {
            // The first byte marks an uncompressed point; x and y follow (SEC 1, section 2.3.3).
            return members(curve: curve, coordinates: point.dropFirst())
        }
        throw CertificateInputError("The certificate's key is of a type that vaults do not have.")
    }

    /// The members for an RSA key.
    static func members(of key: _RSA.Signing.PublicKey) throws -> [String: String] {
        let numbers = try key.getKeyPrimitives()
        return ["kty": "RSA", "n": numbers.modulus.base64URL, "e": numbers.publicExponent.base64URL]
    }

    /// The number of bits in an RSA key; nil for other keys.
    static func bits(of members: [String: String]) -> Int? {
        members["n"].flatMap { Data(base64URL: $0) }.map { $0.drop { $0 == 0 }.count * 8 }
    }

    /// A key on secp256k1, which swift-crypto does not have.
    private static func generateP256K() throws -> (members: [String: String], secret: SecretKey) {
        let (point, secret) = try SecretKey.generateP256K()
        return (members(curve: "P-256K", coordinates: Data(point)), secret)
    }

    /// `coordinates` are x and y, of the same length.
    private static func members(curve: String, coordinates: Data) -> [String: String] {
        let half = coordinates.count / 2
        return [
            "kty": "EC", "crv": curve, "x": Data(coordinates.prefix(half)).base64URL,
            "y": Data(coordinates.suffix(half)).base64URL,
        ]
    }
}
