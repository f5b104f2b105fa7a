package import SecretMemory

/// Opens PKCS#12 files (RFC 7292), without a password, as Key Vault stores certificates, or with one.
///
/// It supports more than upstream's parser: modern and legacy encryption, any digest, files without a MAC, plain key
/// bags, any number of safes, and files without a key. It never traps, regardless of the input.
package struct PKCS12: Sendable {
    /// The keys as PKCS#8 PrivateKeyInfo, in the order of the file.
    package var keys: [SecretBytes] = []
    /// The X.509 certificates in DER, in the order of the file.
    package var certificates: [SecretBytes] = []

    private enum OID {
        static let data = "1.2.840.113549.1.7.1"
        static let encryptedData = "1.2.840.113549.1.7.6"
        static let keyBag = "1.2.840.113549.1.12.10.1.1"
        static let shroudedKeyBag = "1.2.840.113549.1.12.10.1.2"
        static let certificateBag = "1.2.840.113549.1.12.10.1.3"
        static let nestedBag = "1.2.840.113549.1.12.10.1.6"
        static let x509Certificate = "1.2.840.113549.1.9.22.1"
    }

    /// The two encodings of a missing password: no bytes at all, as in Key Vault, or an empty text, as in OpenSSL. Both
    /// are in use, and they give different keys.
    private static let noPasswords: [PKCS12Password] = [.none, .empty]

    package static func open(_ file: SecretBytes, password: SecretBytes? = nil) throws(DERError) -> PKCS12 {
        let passwords = password.map { [.text($0)] } ?? noPasswords
        var work = PKCS12Work()
        var pfx = try DERElement.parse(file).expecting(DERElement.Tag.sequence, "PFX").reader()
        let version = try pfx.next(DERElement.Tag.integer, "version").integer()
        guard version == 3 else { throw DERError("pkcs12: version \(version) is not supported, only 3") }
        let safe = try contentInfo(try pfx.next(DERElement.Tag.sequence, "authenticated safe"))
        guard safe.type == OID.data else { throw DERError("pkcs12: only password-protected files are supported") }
        let authenticated = try safe.content.octets()

        if !pfx.isAtEnd {
            let mac = try PKCS12MAC(pfx.next(DERElement.Tag.sequence, "MAC"))
            for password in passwords where try mac.matches(authenticated, password: password, &work) {
                return try contents(of: authenticated, password: password, &work)
            }
            let problem = password == nil ? "the file has a password" : "the password is wrong"
            throw DERError("pkcs12: \(problem), or its MAC is wrong")
        }
        // Without a MAC, only the decryption can show which password is right.
        do throws(DERError) {
            return try contents(of: authenticated, password: passwords[0], &work)
        } catch {
            guard passwords.count > 1 else { throw error }
            return try contents(of: authenticated, password: passwords[1], &work)
        }
    }

    /// Returns the PKCS#8 PrivateKeyInfo in an EncryptedPrivateKeyInfo.
    package static func decryptedKey(
        _ element: DERElement, password: SecretBytes?, _ work: inout PKCS12Work
    ) throws(DERError) -> SecretBytes {
        try decryptedKey(element, password.map { .text($0) } ?? .empty, &work)
    }

    private static func decryptedKey(
        _ element: DERElement, _ password: PKCS12Password, _ work: inout PKCS12Work
    ) throws(DERError) -> SecretBytes {
        var encrypted = try element.expecting(DERElement.Tag.sequence, "encrypted key").reader()
        let algorithm = try PKCS12Cipher(encrypted.next(DERElement.Tag.sequence, "encryption algorithm"))
        let key = try algorithm.decrypt(try encrypted.next().octets(), password: password, &work)
        // A wrong password gives valid padding once in 256 cases, but never a valid structure.
        _ = try DERElement.parse(key).expecting(DERElement.Tag.sequence, "private key")
        return key
    }

    private static func contents(
        of authenticated: SecretBytes, password: PKCS12Password, _ work: inout PKCS12Work
    ) throws(DERError) -> PKCS12 {
        var result = PKCS12()
        for info in try DERElement.parse(authenticated).expecting(DERElement.Tag.sequence, "safes").children() {
            let (type, content) = try contentInfo(info)
            switch type {
            case OID.data:
                try result.addBags(of: try content.octets(), password: password, &work, depth: 0)
            case OID.encryptedData:
                var data = content.reader()
                _ = try data.next(DERElement.Tag.integer, "version")
                var encrypted = try data.next(DERElement.Tag.sequence, "encrypted content").reader()
                _ = try encrypted.next(DERElement.Tag.objectIdentifier, "content type")
                let algorithm = try PKCS12Cipher(encrypted.next(DERElement.Tag.sequence, "encryption algorithm"))
                guard !encrypted.isAtEnd else { continue }
                let plain = try algorithm.decrypt(try encrypted.next().octets(), password: password, &work)
                try result.addBags(of: plain, password: password, &work, depth: 0)
            default:
                throw DERError("pkcs12: content type \(type) is not supported")
            }
        }
        return result
    }

    private static func contentInfo(
        _ element: DERElement
    ) throws(DERError) -> (type: String, content: DERElement) {
        var reader = try element.expecting(DERElement.Tag.sequence, "content info").reader()
        let type = try reader.next().objectIdentifier()
        let wrapper = try reader.next(DERElement.Tag.context(0), "content").reader()
        var inner = wrapper
        return (type, try inner.next())
    }

    private mutating func addBags(
        of safe: SecretBytes, password: PKCS12Password, _ work: inout PKCS12Work, depth: Int
    ) throws(DERError) {
        guard depth < 8 else { throw DERError("pkcs12: bags nested too deeply") }
        for bag in try DERElement.parse(safe).expecting(DERElement.Tag.sequence, "bags").children() {
            var reader = try bag.expecting(DERElement.Tag.sequence, "bag").reader()
            let type = try reader.next().objectIdentifier()
            var wrapper = try reader.next(DERElement.Tag.context(0), "bag value").reader()
            let value = try wrapper.next()
            switch type {
            case OID.keyBag:
                keys.append(value.encoding.copy())
            case OID.shroudedKeyBag:
                keys.append(try Self.decryptedKey(value, password, &work))
            case OID.certificateBag:
                var certificate = try value.expecting(DERElement.Tag.sequence, "certificate bag").reader()
                guard try certificate.next().objectIdentifier() == OID.x509Certificate else {
                    throw DERError("pkcs12: only X.509 certificates are supported")
                }
                var content = try certificate.next(DERElement.Tag.context(0), "certificate").reader()
                certificates.append(try content.next().octets())
            case OID.nestedBag:
                try addBags(of: value.encoding.copy(), password: password, &work, depth: depth + 1)
            default:
                // Revocation lists and free-form secrets are not part of what a certificate's files contain.
                continue
            }
        }
    }
}
