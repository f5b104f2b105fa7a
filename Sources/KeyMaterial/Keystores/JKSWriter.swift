internal import Crypto
internal import Documents
package import SecretMemory

/// Writes Java's own key store format, version 2, as `sun.security.provider.JavaKeyStore` reads it.
///
/// Its protection is weak regardless of the password, because it uses one round of SHA-1. Programs that can read
/// PKCS#12 should use that.
package enum JKSWriter {
    private enum Tag {
        static let privateKey: UInt32 = 1
        static let trustedCertificate: UInt32 = 2
    }

    /// Returns the whole file. Equal arguments give equal bytes.
    package static func file(
        _ store: Keystore, password: KeystorePassword, version: String
    ) throws(DERError) -> SecretBytes {
        var output = SecretBytesBuilder(capacity: 8192)
        append(0xFEED_FEED, to: &output)
        append(2, to: &output)
        append(UInt32(store.trusted.count + (store.keyEntry == nil ? 0 : 1)), to: &output)
        if let entry = store.keyEntry, let leaf = entry.chain.first {
            let salts = KeystoreSalts(store, password: password, context: "jks", version: version)
            append(Tag.privateKey, to: &output)
            try append(alias: entry.alias, to: &output)
            append(dateOf: leaf, to: &output)
            let key = protected(entry.key.pkcs8, password: password, salt: salts.bytes("key salt", count: 20))
            append(UInt32(key.count), to: &output)
            key.withExposed { output.append($0) }
            append(UInt32(entry.chain.count), to: &output)
            for certificate in entry.chain { try append(certificate, to: &output) }
        }
        for entry in store.trusted {
            append(Tag.trustedCertificate, to: &output)
            try append(alias: entry.alias, to: &output)
            append(dateOf: entry.certificate, to: &output)
            try append(entry.certificate, to: &output)
        }
        let contents = output.finish()
        output = SecretBytesBuilder(capacity: contents.count + 20)
        contents.withExposed { output.append($0) }
        output.append(contentsOf: integrity(of: contents, password: password))
        return output.finish()
    }

    /// Returns the SHA-1 digest over the password, a constant phrase of the format, and the contents.
    static func integrity(of contents: SecretBytes, password: KeystorePassword) -> [UInt8] {
        digest([password.utf16, SecretBytes("Mighty Aphrodite"), contents])
    }

    /// Returns the EncryptedPrivateKeyInfo of Java's key protector (`sun.security.provider.KeyProtector`): the salt,
    /// the key encrypted with a stream of digests, and a digest of the key.
    private static func protected(_ key: SecretBytes, password: KeystorePassword, salt: [UInt8]) -> SecretBytes {
        let password = password.utf16
        var content = SecretBytesBuilder(capacity: key.count + 40)
        content.append(contentsOf: salt)
        var stream = salt
        for index in 0..<key.count {
            let offset = index % 20
            if offset == 0 { stream = digest([password, SecretBytes(stream)]) }
            content.append(key.withExposed { $0[index] } ^ stream[offset])
        }
        content.append(contentsOf: digest([password, key]))
        return DERWriter.sequence(
            DERWriter.sequence(DERWriter.objectIdentifier("1.3.6.1.4.1.42.2.17.1.1"), DERWriter.null),
            DERWriter.octetString(content.finish()))
    }

    private static func digest(_ parts: [SecretBytes]) -> [UInt8] {
        var hash = Insecure.SHA1()
        for part in parts { part.withExposed { hash.update(bufferPointer: $0) } }
        return Array(hash.finalize())
    }

    // MARK: - Java's DataOutputStream

    private static func append(_ number: UInt32, to output: inout SecretBytesBuilder) {
        output.append(contentsOf: withUnsafeBytes(of: number.bigEndian) { Array($0) })
    }

    /// The date of an entry is the start of its certificate's validity, because the file must stay the same.
    private static func append(dateOf certificate: X509Certificate, to output: inout SecretBytesBuilder) {
        let milliseconds = Int64(Timestamp.seconds(ofUTC: certificate.notBefore)) * 1000
        output.append(contentsOf: withUnsafeBytes(of: milliseconds.bigEndian) { Array($0) })
    }

    /// Java finds only names in lower case.
    private static func append(alias: String, to output: inout SecretBytesBuilder) throws(DERError) {
        try append(text: alias.lowercased(), to: &output)
    }

    private static func append(
        _ certificate: X509Certificate, to output: inout SecretBytesBuilder
    ) throws(DERError) {
        try append(text: "X.509", to: &output)
        append(UInt32(certificate.der.count), to: &output)
        certificate.der.withExposed { output.append($0) }
    }

    /// Appends text like `writeUTF`, which encodes each half of a surrogate pair separately.
    private static func append(text: String, to output: inout SecretBytesBuilder) throws(DERError) {
        var bytes: [UInt8] = []
        for unit in text.utf16 {
            switch unit {
            case 0x01...0x7F: bytes.append(UInt8(unit))
            case 0, 0x80...0x7FF: bytes += [0xC0 | UInt8(unit >> 6), 0x80 | UInt8(unit & 0x3F)]
            default: bytes += [0xE0 | UInt8(unit >> 12), 0x80 | UInt8(unit >> 6 & 0x3F), 0x80 | UInt8(unit & 0x3F)]
            }
        }
        guard let count = UInt16(exactly: bytes.count) else { throw DERError("the alias is too long") }
        output.append(contentsOf: [UInt8(count >> 8), UInt8(count & 0xFF)])
        output.append(contentsOf: bytes)
    }
}
