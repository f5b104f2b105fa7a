internal import Budgets
internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import SecretMemory

/// Encrypts and authenticates the parts of a PKCS#12 file (RFC 7292) with its password.
struct PKCS12Encryption {
    private let profile: Keystore.Profile
    private let password: PKCS12Password
    private let salts: KeystoreSalts

    init(_ profile: Keystore.Profile, password: KeystorePassword, salts: KeystoreSalts) {
        self.profile = profile
        self.password = .text(password.bytes)
        self.salts = salts
    }

    /// Returns an AlgorithmIdentifier and the encrypted bytes. The parts of a file have different values of `purpose`,
    /// so that two of them never have the same salt.
    func encrypt(_ plain: SecretBytes, _ purpose: String) throws(DERError) -> (
        algorithm: SecretBytes, data: SecretBytes
    ) {
        try spendRounds()
        return switch profile {
        case .modern: try encryptPBES2(plain, purpose)
        case .legacy: try encryptTripleDES(plain, purpose)
        }
    }

    /// Returns the MacData over the authenticated safe.
    func mac(of data: SecretBytes) throws(DERError) -> SecretBytes {
        try spendRounds()
        let digest: PKCS12Digest = profile == .modern ? .sha256 : .sha1
        let salt = salts.bytes("mac salt", count: 16)
        let key = SymmetricKey(
            data: PKCS12KeyDerivation.derive(
                .mac, digest, password: password.terminated, salt: salt, iterations: profile.iterations,
                count: digest == .sha256 ? 32 : 20))
        let code: [UInt8] = data.withExposed { bytes in
            switch digest {
            case .sha256: Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
            default: Array(HMAC<Insecure.SHA1>.authenticationCode(for: bytes, using: key))
            }
        }
        return DERWriter.sequence(
            DERWriter.sequence(digest.algorithm, DERWriter.octetString(SecretBytes(code))),
            DERWriter.octetString(SecretBytes(salt)), DERWriter.integer(profile.iterations))
    }

    /// Encrypts with PBES2 (RFC 8018): PBKDF2 with HMAC-SHA-256, and then AES-256 in CBC mode.
    private func encryptPBES2(
        _ plain: SecretBytes, _ purpose: String
    ) throws(DERError) -> (algorithm: SecretBytes, data: SecretBytes) {
        let salt = salts.bytes("\(purpose) salt", count: 16)
        let vector = salts.bytes("\(purpose) vector", count: 16)
        let encrypted: SecretBytes
        do {
            let key = try KDF.Insecure.PBKDF2.deriveKey(
                from: password.plain, salt: salt, using: .sha256, outputByteCount: 32,
                unsafeUncheckedRounds: profile.iterations)
            let iv = try AES._CBC.IV(ivBytes: vector)
            encrypted = SecretBytes(try plain.withExposed { try AES._CBC.encrypt(Array($0), using: key, iv: iv) })
        } catch {
            throw DERError("the key store cannot be encrypted")
        }
        let function = DERWriter.sequence(DERWriter.objectIdentifier("1.2.840.113549.2.9"), DERWriter.null)
        let derivation = DERWriter.sequence(
            DERWriter.objectIdentifier("1.2.840.113549.1.5.12"),
            DERWriter.sequence(
                DERWriter.octetString(SecretBytes(salt)), DERWriter.integer(profile.iterations), function))
        let scheme = DERWriter.sequence(
            DERWriter.objectIdentifier("2.16.840.1.101.3.4.1.42"), DERWriter.octetString(SecretBytes(vector)))
        let algorithm = DERWriter.sequence(
            DERWriter.objectIdentifier("1.2.840.113549.1.5.13"), DERWriter.sequence(derivation, scheme))
        return (algorithm, encrypted)
    }

    /// Encrypts with pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292, appendix C).
    private func encryptTripleDES(
        _ plain: SecretBytes, _ purpose: String
    ) throws(DERError) -> (algorithm: SecretBytes, data: SecretBytes) {
        let salt = salts.bytes("\(purpose) salt", count: 8)
        func derive(_ purpose: PKCS12KeyDerivation.Purpose, _ count: Int) -> [UInt8] {
            PKCS12KeyDerivation.derive(
                purpose, .sha1, password: password.terminated, salt: salt, iterations: profile.iterations,
                count: count)
        }
        guard
            let encrypted = TripleDES.encryptCBC(
                Self.padded(plain, to: 8), key: derive(.key, 24), iv: derive(.initialisationVector, 8))
        else { throw DERError("the key store cannot be encrypted") }
        let algorithm = DERWriter.sequence(
            DERWriter.objectIdentifier("1.2.840.113549.1.12.1.3"),
            DERWriter.sequence(DERWriter.octetString(SecretBytes(salt)), DERWriter.integer(profile.iterations)))
        return (algorithm, encrypted)
    }

    private func spendRounds() throws(DERError) {
        guard MountBudget.spend(derivationRounds: profile.iterations) else { throw PKCS12Work.exceeded }
    }

    /// Adds PKCS#7 padding.
    private static func padded(_ data: SecretBytes, to block: Int) -> SecretBytes {
        let count = block - data.count % block
        var builder = SecretBytesBuilder(capacity: data.count + count)
        data.withExposed { builder.append($0) }
        for _ in 0..<count { builder.append(UInt8(count)) }
        return builder.finish()
    }
}

extension DERWriter {
    /// Returns a non-negative number.
    static func integer(_ value: Int) -> SecretBytes {
        integer(withUnsafeBytes(of: UInt64(value.magnitude).bigEndian) { Array($0) })
    }
}
