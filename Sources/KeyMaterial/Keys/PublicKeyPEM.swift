package import SecretMemory

extension PublicKey {
    /// The key as a PEM `PUBLIC KEY` (SubjectPublicKeyInfo).
    package func pem() throws(DERError) -> SecretBytes {
        PEMBlock.text(of: [PEMBlock(label: "PUBLIC KEY", der: try subjectPublicKeyInfo())])
    }

    /// The key as SubjectPublicKeyInfo in DER (RFC 5280).
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
        let (identifier, length): (SecretBytes, Int)
        switch curve {
        case "P-256": (identifier, length) = (DERWriter.objectIdentifier("1.2.840.10045.3.1.7"), 32)
        case "P-384": (identifier, length) = (DERWriter.objectIdentifier("1.3.132.0.34"), 48)
        case "P-521": (identifier, length) = (DERWriter.objectIdentifier("1.3.132.0.35"), 66)
        case "P-256K", "SECP256K1": (identifier, length) = (DERWriter.objectIdentifier("1.3.132.0.10"), 32)
        default: throw DERError("curve \(curve.clipped) is not supported")
        }
        let point = try [0x04] + padded(x, to: length) + padded(y, to: length)
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
