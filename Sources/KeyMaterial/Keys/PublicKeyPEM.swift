package import SecretMemory

extension PublicKey {
    /// Returns the key as a PEM block `PUBLIC KEY` (SubjectPublicKeyInfo).
    package func pem() throws(DERError) -> SecretBytes {
        PEMBlock.text(of: [PEMBlock(label: "PUBLIC KEY", der: try subjectPublicKeyInfo())])
    }

    /// Returns the key as a SubjectPublicKeyInfo in DER (RFC 5280).
    func subjectPublicKeyInfo() throws(DERError) -> SecretBytes {
        switch type {
        case "RSA", "RSA-HSM": try rsaInfo()
        case "EC", "EC-HSM": try ellipticCurveInfo()
        default: throw DERError("failed to get key. key type '\(type.clipped)' currently not supported")
        }
    }

    private func rsaInfo() throws(DERError) -> SecretBytes {
        guard modulus.contains(where: { $0 != 0 }), exponent.contains(where: { $0 != 0 }) else {
            throw DERError("the RSA key lacks its modulus or exponent")
        }
        let key = DERWriter.sequence(DERWriter.integer(modulus), DERWriter.integer(exponent))
        return DERWriter.sequence(
            DERWriter.sequence(DERWriter.objectIdentifier("1.2.840.113549.1.1.1"), DERWriter.null),
            DERWriter.bitString(key))
    }

    private func ellipticCurveInfo() throws(DERError) -> SecretBytes {
        let (identifier, known): (SecretBytes, EllipticCurve)
        switch curve {
        case "P-256": (identifier, known) = (DERWriter.objectIdentifier("1.2.840.10045.3.1.7"), .p256)
        case "P-384": (identifier, known) = (DERWriter.objectIdentifier("1.3.132.0.34"), .p384)
        case "P-521": (identifier, known) = (DERWriter.objectIdentifier("1.3.132.0.35"), .p521)
        case "P-256K", "SECP256K1": (identifier, known) = (DERWriter.objectIdentifier("1.3.132.0.10"), .p256k)
        default: throw DERError("curve \(curve.clipped) is not supported")
        }
        let length = known.coordinateLength
        let point = try [0x04] + padded(x, to: length) + padded(y, to: length)
        guard known.contains(point) else { throw DERError("the EC key's point is not on the curve \(curve)") }
        return DERWriter.sequence(
            DERWriter.sequence(DERWriter.objectIdentifier("1.2.840.10045.2.1"), identifier),
            DERWriter.bitString(SecretBytes(point)))
    }

    private func padded(_ coordinate: [UInt8], to length: Int) throws(DERError) -> [UInt8] {
        let digits = coordinate.drop { $0 == 0 }
        guard !coordinate.isEmpty, digits.count <= length else {
            throw DERError("the EC key's coordinates do not fit the curve \(curve)")
        }
        return [UInt8](repeating: 0, count: length - digits.count) + digits
    }
}
