internal import Budgets
internal import Crypto
internal import FoundationEssentials
internal import SecretMemory

/// A public key in a canonical form, so that the keys of a certificate and of a private key can be compared.
package enum SubjectPublicKey: Hashable, Sendable {
    /// An RSA key, with big-endian numbers without leading zeros.
    case rsa(modulus: [UInt8], exponent: [UInt8])
    /// An EC key. `point` is uncompressed (SEC 1): 04, x, y.
    case ellipticCurve(EllipticCurve, point: [UInt8])
    case ed25519([UInt8])
    /// A key of an algorithm that is not supported.
    case other(algorithm: String, [UInt8])

    /// Creates the key from the two parts of a SubjectPublicKeyInfo (RFC 5280).
    init(algorithm: DERElement, bits: [UInt8]) throws(DERError) {
        var reader = try algorithm.expecting(DERElement.Tag.sequence, "key algorithm").reader()
        let identifier = try reader.next().objectIdentifier()
        switch identifier {
        // The second identifier is for keys that can only sign with PSS.
        case "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10":
            let numbers = try DERElement.parse(SecretBytes(bits)).children()
            guard numbers.count == 2, numbers.allSatisfy({ $0.tag == DERElement.Tag.integer }) else {
                throw DERError("RSA public key expected")
            }
            self = .rsa(numbers[0].content.bytes(), numbers[1].content.bytes())
        case "1.2.840.10045.2.1":
            guard let name = try? reader.next().objectIdentifier(), let curve = EllipticCurve(identifier: name) else {
                self = .other(algorithm: identifier, bits)
                return
            }
            let point = try curve.uncompressed(bits)
            guard curve.contains(point) else {
                throw DERError("the public key is not a point on the curve \(curve.rawValue)")
            }
            self = .ellipticCurve(curve, point: point)
        case "1.3.101.112": self = .ed25519(bits)
        default: self = .other(algorithm: identifier, bits)
        }
    }

    static func rsa(_ modulus: [UInt8], _ exponent: [UInt8]) -> Self {
        .rsa(modulus: Array(modulus.drop { $0 == 0 }), exponent: Array(exponent.drop { $0 == 0 }))
    }

    /// The kind of the key for errors, such as `RSA` or `EC P-256`.
    package var kind: String {
        switch self {
        case .rsa: "RSA"
        case .ellipticCurve(let curve, _): "EC \(curve.rawValue)"
        case .ed25519: "Ed25519"
        case .other(let algorithm, _): "of algorithm \(algorithm)"
        }
    }
}

extension EllipticCurve {
    /// Returns the uncompressed point. A point that has this form, or cannot be converted, is returned unchanged.
    fileprivate func uncompressed(_ point: [UInt8]) throws(DERError) -> [UInt8] {
        guard point.count == coordinateLength + 1 else { return point }
        guard MountBudget.spend(decompressionOn: self) else { throw DERError("the public key takes too long to read") }
        let long: Data? =
            switch self {
            case .p256: try? P256.Signing.PublicKey(compressedRepresentation: point).x963Representation
            case .p384: try? P384.Signing.PublicKey(compressedRepresentation: point).x963Representation
            case .p521: try? P521.Signing.PublicKey(compressedRepresentation: point).x963Representation
            case .p256k: nil
            }
        return long.map { Array($0) } ?? point
    }
}
