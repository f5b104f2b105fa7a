internal import Budgets
internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import SecretMemory

/// A password, or one of the two encodings of a missing password.
enum PKCS12Password {
    case none
    case empty
    case text(SecretBytes)

    /// The form for PKCS#12's own key derivation: big-endian UTF-16 with a terminating zero.
    var terminated: [UInt8] {
        switch self {
        case .none: []
        case .empty: [0, 0]
        case .text(let password):
            password.withExposed { bytes in
                String(decoding: bytes, as: UTF8.self).utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } + [0, 0]
            }
        }
    }

    /// The form for PBES2: the unchanged bytes.
    var plain: [UInt8] {
        if case .text(let password) = self { password.withExposed { Array($0) } } else { [] }
    }
}

/// The digests that the MAC of a PKCS#12 file can use.
enum PKCS12Digest: String {
    case sha1 = "1.3.14.3.2.26"
    case sha256 = "2.16.840.1.101.3.4.2.1"
    case sha384 = "2.16.840.1.101.3.4.2.2"
    case sha512 = "2.16.840.1.101.3.4.2.3"

    var blockSize: Int { self == .sha1 || self == .sha256 ? 64 : 128 }

    func hash(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .sha1: Array(Insecure.SHA1.hash(data: bytes))
        case .sha256: Array(SHA256.hash(data: bytes))
        case .sha384: Array(SHA384.hash(data: bytes))
        case .sha512: Array(SHA512.hash(data: bytes))
        }
    }

    /// The identifier of the algorithm in DER.
    var algorithm: SecretBytes {
        let identifier =
            switch self {
            case .sha1: DERWriter.objectIdentifier("1.3.14.3.2.26")
            case .sha256: DERWriter.objectIdentifier("2.16.840.1.101.3.4.2.1")
            case .sha384: DERWriter.objectIdentifier("2.16.840.1.101.3.4.2.2")
            case .sha512: DERWriter.objectIdentifier("2.16.840.1.101.3.4.2.3")
            }
        return DERWriter.sequence(identifier, DERWriter.null)
    }

    func authenticates(_ code: [UInt8], _ data: [UInt8], key: [UInt8]) -> Bool {
        let key = SymmetricKey(data: key)
        switch self {
        case .sha1: return HMAC<Insecure.SHA1>.isValidAuthenticationCode(code, authenticating: data, using: key)
        case .sha256: return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: data, using: key)
        case .sha384: return HMAC<SHA384>.isValidAuthenticationCode(code, authenticating: data, using: key)
        case .sha512: return HMAC<SHA512>.isValidAuthenticationCode(code, authenticating: data, using: key)
        }
    }
}

/// Derives keys from passwords (RFC 7292, appendix B).
enum PKCS12KeyDerivation {
    /// The number of rounds after which the derivation checks whether its mount has ended; they take a few
    /// milliseconds.
    private static let roundsPerLook = 8192

    enum Purpose: UInt8 {
        case key = 1
        case initialisationVector = 2
        case mac = 3
    }

    static func derive(
        _ purpose: Purpose, _ digest: PKCS12Digest, password: [UInt8], salt: [UInt8], iterations: Int, count: Int
    ) -> [UInt8] {
        let block = digest.blockSize
        func filled(_ bytes: [UInt8]) -> [UInt8] {
            guard !bytes.isEmpty else { return [] }
            let length = (bytes.count + block - 1) / block * block
            return (0..<length).map { bytes[$0 % bytes.count] }
        }
        let diversifier = [UInt8](repeating: purpose.rawValue, count: block)
        var input = filled(salt) + filled(password)
        var output: [UInt8] = []
        while output.count < count {
            var hash = digest.hash(diversifier + input)
            for round in 1..<max(iterations, 1) {
                hash = digest.hash(hash)
                if round.isMultiple(of: roundsPerLook), MountBudget.isEnded { break }
            }
            output += hash
            let addend = (0..<block).map { hash[$0 % hash.count] }
            for start in stride(from: 0, to: input.count, by: block) {
                var carry = 1
                for offset in (0..<block).reversed() {
                    let sum = Int(input[start + offset]) + Int(addend[offset]) + carry
                    input[start + offset] = UInt8(truncatingIfNeeded: sum)
                    carry = sum >> 8
                }
            }
        }
        return Array(output.prefix(count))
    }

    static func iterations(_ element: DERElement) throws(DERError) -> Int {
        let count = try element.integer()
        guard count > 0 else { throw DERError("pkcs12: \(count) iterations are too few") }
        return count
    }
}

/// The message authentication code of a file.
struct PKCS12MAC {
    private let digest: PKCS12Digest
    private let code: [UInt8]
    private let salt: [UInt8]
    private let iterations: Int

    init(_ element: DERElement) throws(DERError) {
        var reader = element.reader()
        var info = try reader.next(DERElement.Tag.sequence, "MAC digest").reader()
        var algorithm = try info.next(DERElement.Tag.sequence, "digest algorithm").reader()
        let identifier = try algorithm.next().objectIdentifier()
        guard let digest = PKCS12Digest(rawValue: identifier) else {
            throw DERError.unsupported("digest", identifier)
        }
        self.digest = digest
        code = try info.next(DERElement.Tag.octetString, "MAC").content.bytes()
        salt = try reader.next(DERElement.Tag.octetString, "MAC salt").content.bytes()
        iterations = reader.isAtEnd ? 1 : try PKCS12KeyDerivation.iterations(try reader.next())
    }

    func matches(
        _ data: SecretBytes, password: PKCS12Password, _ work: inout PKCS12Work
    ) throws(DERError) -> Bool {
        let length = digest.hash([]).count
        let derivation = PKCS12Work.Derivation(
            function: "mac \(digest.rawValue)", password: password.terminated, salt: salt, iterations: iterations,
            count: length)
        let key = try work.key(derivation, blocks: 1) {
            PKCS12KeyDerivation.derive(
                .mac, digest, password: password.terminated, salt: salt, iterations: iterations, count: length)
        }
        guard let key else { return false }
        return digest.authenticates(code, data.withExposed { Array($0) }, key: key)
    }
}

/// A password-based encryption scheme with its parameters.
struct PKCS12Cipher {
    private enum Scheme {
        /// A scheme of PKCS#12 itself: key derivation with SHA-1, and a legacy block cipher.
        case legacy(LegacyCipher, salt: [UInt8], iterations: Int)
        /// PBES2 of PKCS#5: PBKDF2, and then AES or Triple DES.
        case pbes2(ModernCipher, PseudorandomFunction, salt: [UInt8], iterations: Int, iv: [UInt8])
    }

    private enum LegacyCipher: String {
        case tripleDES = "1.2.840.113549.1.12.1.3"
        case doubleDES = "1.2.840.113549.1.12.1.4"
        case rc2With128Bits = "1.2.840.113549.1.12.1.5"
        case rc2With40Bits = "1.2.840.113549.1.12.1.6"

        var keyLength: Int {
            switch self {
            case .tripleDES: 24
            case .doubleDES, .rc2With128Bits: 16
            case .rc2With40Bits: 5
            }
        }
    }

    private enum ModernCipher: String {
        case aes128 = "2.16.840.1.101.3.4.1.2"
        case aes192 = "2.16.840.1.101.3.4.1.22"
        case aes256 = "2.16.840.1.101.3.4.1.42"
        case tripleDES = "1.2.840.113549.3.7"

        var keyLength: Int {
            switch self {
            case .aes128: 16
            case .aes192, .tripleDES: 24
            case .aes256: 32
            }
        }
    }

    private static let pbes2 = "1.2.840.113549.1.5.13"
    private static let pbkdf2 = "1.2.840.113549.1.5.12"

    private typealias PseudorandomFunction = (digest: KDF.Insecure.PBKDF2.HashFunction, length: Int, name: String)

    private static let pseudorandomFunctions: [String: PseudorandomFunction] = [
        "1.2.840.113549.2.7": (.insecureSHA1, 20, "insecureSHA1"),
        "1.2.840.113549.2.8": (.insecureSHA224, 28, "insecureSHA224"),
        "1.2.840.113549.2.9": (.sha256, 32, "sha256"),
        "1.2.840.113549.2.10": (.sha384, 48, "sha384"),
        "1.2.840.113549.2.11": (.sha512, 64, "sha512"),
    ]

    private let scheme: Scheme

    init(_ element: DERElement) throws(DERError) {
        var reader = element.reader()
        let identifier = try reader.next().objectIdentifier()
        var parameters = try reader.next(DERElement.Tag.sequence, "encryption parameters").reader()
        if let cipher = LegacyCipher(rawValue: identifier) {
            let salt = try parameters.next(DERElement.Tag.octetString, "salt").content.bytes()
            scheme = .legacy(
                cipher, salt: salt, iterations: try PKCS12KeyDerivation.iterations(try parameters.next()))
            return
        }
        guard identifier == Self.pbes2 else {
            throw DERError.unsupported("algorithm", identifier)
        }
        var derivation = try parameters.next(DERElement.Tag.sequence, "key derivation").reader()
        var encryption = try parameters.next(DERElement.Tag.sequence, "encryption scheme").reader()

        let derivationName = try derivation.next().objectIdentifier()
        guard derivationName == Self.pbkdf2 else {
            throw DERError.unsupported("key derivation", derivationName)
        }
        var details = try derivation.next(DERElement.Tag.sequence, "key derivation parameters").reader()
        let salt = try details.next(DERElement.Tag.octetString, "salt").content.bytes()
        let iterations = try PKCS12KeyDerivation.iterations(try details.next())
        if details.nextTag == DERElement.Tag.integer { _ = try details.next() }
        var function: PseudorandomFunction = (.insecureSHA1, 20, "insecureSHA1")
        if !details.isAtEnd {
            var prf = try details.next(DERElement.Tag.sequence, "pseudorandom function").reader()
            let name = try prf.next().objectIdentifier()
            guard let known = Self.pseudorandomFunctions[name] else {
                throw DERError.unsupported("pseudorandom function", name)
            }
            function = known
        }
        let cipherName = try encryption.next().objectIdentifier()
        guard let cipher = ModernCipher(rawValue: cipherName) else {
            throw DERError.unsupported("algorithm", cipherName)
        }
        let iv = try encryption.next(DERElement.Tag.octetString, "initialisation vector").content.bytes()
        scheme = .pbes2(cipher, function, salt: salt, iterations: iterations, iv: iv)
    }

    func decrypt(
        _ data: SecretBytes, password: PKCS12Password, _ work: inout PKCS12Work
    ) throws(DERError) -> SecretBytes {
        let padded: SecretBytes?
        switch scheme {
        case .legacy(let cipher, let salt, let iterations):
            try work.spend(legacyBytes: data.count)
            // The key consists of parts with the length of a SHA-1 digest, and the vector of one such part.
            func derive(_ purpose: PKCS12KeyDerivation.Purpose, _ count: Int) throws(DERError) -> [UInt8] {
                let derivation = PKCS12Work.Derivation(
                    function: "\(purpose)", password: password.terminated, salt: salt, iterations: iterations,
                    count: count)
                return try work.key(derivation, blocks: Self.pieces(count, of: 20)) {
                    PKCS12KeyDerivation.derive(
                        purpose, .sha1, password: password.terminated, salt: salt, iterations: iterations, count: count)
                } ?? []
            }
            var key = try derive(.key, cipher.keyLength)
            let iv = try derive(.initialisationVector, 8)
            switch cipher {
            case .tripleDES, .doubleDES:
                if cipher == .doubleDES { key += key.prefix(8) }
                padded = data.withExposed { TripleDES.decryptCBC($0, key: key, iv: iv) }
            case .rc2With128Bits, .rc2With40Bits:
                padded = data.withExposed { RC2.decryptCBC($0, key: key, iv: iv) }
            }
        case .pbes2(let cipher, let function, let salt, let iterations, let iv):
            if cipher == .tripleDES { try work.spend(legacyBytes: data.count) }
            let derivation = PKCS12Work.Derivation(
                function: function.name, password: password.plain, salt: salt, iterations: iterations,
                count: cipher.keyLength)
            let key = try work.key(derivation, blocks: Self.pieces(cipher.keyLength, of: function.length)) {
                let key = try? KDF.Insecure.PBKDF2.deriveKey(
                    from: password.plain, salt: salt, using: function.digest, outputByteCount: cipher.keyLength,
                    unsafeUncheckedRounds: iterations)
                return key?.withUnsafeBytes { Array($0) }
            }
            padded = key.flatMap { Self.decryptPBES2(data, cipher, key: $0, iv: iv) }
        }
        guard let padded, let plain = Self.removingPadding(padded) else {
            throw DERError("pkcs12: the content cannot be decrypted with this password, or without one")
        }
        return plain
    }

    private static func pieces(_ length: Int, of size: Int) -> Int { (length + size - 1) / size }

    private static func decryptPBES2(
        _ data: SecretBytes, _ cipher: ModernCipher, key: [UInt8], iv: [UInt8]
    ) -> SecretBytes? {
        if cipher == .tripleDES {
            return data.withExposed { TripleDES.decryptCBC($0, key: key, iv: iv) }
        }
        guard let vector = try? AES._CBC.IV(ivBytes: iv), !data.isEmpty, data.count.isMultiple(of: 16),
            let plain = try? data.withExposed({ bytes in
                try AES._CBC.decrypt(Array(bytes), using: SymmetricKey(data: key), iv: vector, noPadding: true)
            })
        else { return nil }
        return SecretBytes(plain)
    }

    /// Removes PKCS#7 padding, for any block size up to 16.
    private static func removingPadding(_ data: SecretBytes) -> SecretBytes? {
        data.withExposed { bytes in
            guard let last = bytes.last, (1...16).contains(last), bytes.count >= Int(last),
                bytes.suffix(Int(last)).allSatisfy({ $0 == last })
            else { return nil }
            return SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes.dropLast(Int(last))))
        }
    }
}
