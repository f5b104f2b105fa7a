internal import Budgets
internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import SecretMemory

/// The signature of a certificate's issuer, and the bytes that were signed.
struct CertificateSignature: Sendable {
    enum Verdict: Equatable {
        case valid
        case invalid
        /// The algorithm is not supported, so the signature cannot be checked.
        case unknown(String)
    }

    private let signed: SecretSlice
    private let algorithm: DERElement
    private let bits: [UInt8]
    /// Whether the algorithm is the same in both places, of which the second is inside the signed bytes.
    private let namesOneAlgorithm: Bool

    init(of certificate: SecretBytes, _ fields: X509Fields) throws(DERError) {
        var outer = try DERElement.parse(certificate).reader()
        _ = try outer.next()
        algorithm = try outer.next(DERElement.Tag.sequence, "signature algorithm")
        bits = Array(try outer.next(DERElement.Tag.bitString, "signature").content.bytes().dropFirst())
        signed = fields.signedPart
        namesOneAlgorithm = algorithm.encoding.bytes() == fields.signedAlgorithm
    }

    /// A verification takes 30 to 200 microseconds; RSA with long keys is the slowest.
    private static let stepsPerVerification = 2000

    /// Returns whether `key` made the signature.
    func verdict(by key: SubjectPublicKey) -> Verdict {
        guard namesOneAlgorithm else { return .invalid }
        let cost = Self.stepsPerVerification + signed.count / 8
        guard MountBudget.spend(steps: cost, on: .verifying) else { return .unknown("not looked at") }
        guard let name = try? algorithmName() else { return .unknown("unreadable") }
        let message = signed.bytes()
        switch (name, key) {
        case ("1.2.840.113549.1.1.10", .rsa):
            guard let digest = pssDigest() else { return .unknown("RSASSA-PSS with these parameters") }
            return Self.rsa(key, digest, message, bits, .PSS)
        case (let name, .rsa):
            guard let digest = Self.rsaDigests[name] else { return .unknown(name) }
            return Self.rsa(key, digest, message, bits, .insecurePKCS1v1_5)
        case (let name, .ellipticCurve(let curve, let point)):
            guard let digest = Self.ecdsaDigests[name], curve != .p256k else {
                return .unknown(curve == .p256k ? "ECDSA with P-256K" : name)
            }
            return Self.ecdsa(curve, point, digest, message, bits)
        case ("1.3.101.112", .ed25519(let key)):
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: key) else { return .invalid }
            return key.isValidSignature(bits, for: message) ? .valid : .invalid
        case (let name, _): return .unknown(name)
        }
    }

    // MARK: - Algorithms

    private enum Hash {
        case sha1
        case sha256
        case sha384
        case sha512
    }

    private static let rsaDigests: [String: Hash] = [
        "1.2.840.113549.1.1.5": .sha1, "1.2.840.113549.1.1.11": .sha256, "1.2.840.113549.1.1.12": .sha384,
        "1.2.840.113549.1.1.13": .sha512,
    ]

    private static let ecdsaDigests: [String: Hash] = [
        "1.2.840.10045.4.1": .sha1, "1.2.840.10045.4.3.2": .sha256, "1.2.840.10045.4.3.3": .sha384,
        "1.2.840.10045.4.3.4": .sha512,
    ]

    private static let pssDigests: [String: (hash: Hash, length: Int)] = [
        "1.3.14.3.2.26": (.sha1, 20), "2.16.840.1.101.3.4.2.1": (.sha256, 32), "2.16.840.1.101.3.4.2.2": (.sha384, 48),
        "2.16.840.1.101.3.4.2.3": (.sha512, 64),
    ]

    private func algorithmName() throws(DERError) -> String {
        var reader = algorithm.reader()
        return try reader.next().objectIdentifier()
    }

    /// Returns the digest of RSASSA-PSS-params (RFC 4055), if the salt has its length and the mask uses it too.
    /// Certificates use only such parameters.
    private func pssDigest() -> Hash? {
        let sha1 = "1.3.14.3.2.26"
        guard let parts = try? algorithm.children(), parts.count == 2, let fields = try? parts[1].children() else {
            return nil
        }
        var (digest, mask, salt) = (sha1, sha1, 20)
        for field in fields {
            guard let value = try? DERElement.parse(field.content) else { return nil }
            switch field.tag {
            case DERElement.Tag.context(0):
                guard let name = try? value.children().first?.objectIdentifier() else { return nil }
                digest = name
            case DERElement.Tag.context(1):
                guard let name = try? value.children().last?.children().first?.objectIdentifier() else { return nil }
                mask = name
            case DERElement.Tag.context(2):
                guard let length = try? value.integer() else { return nil }
                salt = length
            default: break
            }
        }
        guard let known = Self.pssDigests[digest], mask == digest, salt == known.length else { return nil }
        return known.hash
    }

    private static func rsa(
        _ key: SubjectPublicKey, _ hash: Hash, _ message: [UInt8], _ signature: [UInt8],
        _ padding: _RSA.Signing.Padding
    ) -> Verdict {
        guard case .rsa(let modulus, let exponent) = key else { return .invalid }
        let encoded = DERWriter.sequence(DERWriter.integer(modulus), DERWriter.integer(exponent))
        guard let key = try? _RSA.Signing.PublicKey(unsafeDERRepresentation: encoded.withExposed { Array($0) }) else {
            return .unknown("RSA with a key of this size")
        }
        let signature = _RSA.Signing.RSASignature(rawRepresentation: signature)
        let isValid =
            switch hash {
            case .sha1:
                key.isValidSignature(signature, for: Insecure.SHA1.hash(data: message), padding: padding)
            case .sha256: key.isValidSignature(signature, for: SHA256.hash(data: message), padding: padding)
            case .sha384: key.isValidSignature(signature, for: SHA384.hash(data: message), padding: padding)
            case .sha512: key.isValidSignature(signature, for: SHA512.hash(data: message), padding: padding)
            }
        return isValid ? .valid : .invalid
    }

    private static func ecdsa(
        _ curve: EllipticCurve, _ point: [UInt8], _ hash: Hash, _ message: [UInt8], _ signature: [UInt8]
    ) -> Verdict {
        let isValid =
            switch hash {
            case .sha1: ecdsa(curve, point, Insecure.SHA1.hash(data: message), signature)
            case .sha256: ecdsa(curve, point, SHA256.hash(data: message), signature)
            case .sha384: ecdsa(curve, point, SHA384.hash(data: message), signature)
            case .sha512: ecdsa(curve, point, SHA512.hash(data: message), signature)
            }
        return isValid ? .valid : .invalid
    }

    private static func ecdsa(
        _ curve: EllipticCurve, _ point: [UInt8], _ digest: some Digest, _ signature: [UInt8]
    ) -> Bool {
        switch curve {
        case .p256:
            guard let key = try? P256.Signing.PublicKey(x963Representation: point),
                let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature)
            else { return false }
            return key.isValidSignature(signature, for: digest)
        case .p384:
            guard let key = try? P384.Signing.PublicKey(x963Representation: point),
                let signature = try? P384.Signing.ECDSASignature(derRepresentation: signature)
            else { return false }
            return key.isValidSignature(signature, for: digest)
        case .p521:
            guard let key = try? P521.Signing.PublicKey(x963Representation: point),
                let signature = try? P521.Signing.ECDSASignature(derRepresentation: signature)
            else { return false }
            return key.isValidSignature(signature, for: digest)
        case .p256k: return false
        }
    }
}
