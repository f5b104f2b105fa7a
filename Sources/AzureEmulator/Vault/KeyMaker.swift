internal import CEmulatorPKCS12
internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import SwiftASN1
internal import X509

/// Makes the keys of vaults, of which only the public half is kept: no call of theirs needs the other.
enum KeyMaker {
    struct Made {
        var publicJWK: [String: String]
    }

    static let curves = ["P-256", "P-384", "P-521", "P-256K"]
    static let sizes = [2048, 3072, 4096]

    /// `type` is `RSA`, `EC`, or the same with `-HSM`, as vaults of the premium tier have.
    static func make(type: String, curve: String? = nil, size: Int? = nil) throws -> Made {
        let curve = curve ?? "P-256"
        let size = size ?? 2048
        let base = type.hasSuffix("-HSM") ? String(type.dropLast(4)) : type
        switch base {
        case "RSA":
            guard sizes.contains(size) else {
                throw VaultRefusal.badParameter("The key size \(size) is not supported; there are 2048, 3072 and 4096.")
            }
        case "EC":
            guard curves.contains(curve) else {
                throw VaultRefusal.badParameter(
                    "The curve \(curve) is not supported; there are \(curves.joined(separator: ", ")).")
            }
        default:
            throw VaultRefusal.badParameter(
                "The key type \(type) is not supported by a vault; only a managed HSM has symmetric keys.")
        }
        var jwk =
            base == "EC" && curve == "P-256K"
            ? try secp256k1() : try CertificateFactory.makeKey(type: base, curve: curve, size: size).2
        jwk["kty"] = type
        return Made(publicJWK: jwk)
    }

    /// Not among swift-crypto's curves.
    private static func secp256k1() throws -> [String: String] {
        var point = [UInt8](repeating: 0, count: 64)
        guard point.withUnsafeMutableBufferPointer({ emulator_secp256k1_point($0.baseAddress) }) == 1 else {
            throw Seed.Invalid(description: "OpenSSL could not make a key on P-256K")
        }
        return [
            "kty": "EC", "crv": "P-256K", "x": Data(point.prefix(32)).base64URL, "y": Data(point.suffix(32)).base64URL,
        ]
    }

    /// A certificate's public key as JSON Web Key.
    static func publicJWK(of key: Certificate.PublicKey) throws -> [String: String] {
        let pem = try key.serializeAsPEM().pemString
        if let rsa = try? _RSA.Signing.PublicKey(pemRepresentation: pem) {
            let numbers = try rsa.getKeyPrimitives()
            return ["kty": "RSA", "n": numbers.modulus.base64URL, "e": numbers.publicExponent.base64URL]
        }
        let points: [(String, Data?)] = [
            ("P-256", P256.Signing.PublicKey(key)?.x963Representation),
            ("P-384", P384.Signing.PublicKey(key)?.x963Representation),
            ("P-521", P521.Signing.PublicKey(key)?.x963Representation),
        ]
        for case (let curve, let point?) in points {
            let half = (point.count - 1) / 2
            return [
                "kty": "EC", "crv": curve, "x": Data(point.dropFirst().prefix(half)).base64URL,
                "y": Data(point.suffix(half)).base64URL,
            ]
        }
        throw VaultRefusal.badParameter("The certificate's key is of a type that vaults do not have.")
    }
}
