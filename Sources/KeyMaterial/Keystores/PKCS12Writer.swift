internal import Crypto
package import SecretMemory

/// Writes PKCS#12 files (RFC 7292) that OpenSSL, Java and Windows read.
package enum PKCS12Writer {
    /// Returns the whole file. Equal arguments give equal bytes.
    package static func file(
        _ store: Keystore, password: KeystorePassword, profile: Keystore.Profile, version: String
    ) throws(DERError) -> SecretBytes {
        let salts = KeystoreSalts(store, password: password, context: "pkcs12 \(profile)", version: version)
        let encryption = PKCS12Encryption(profile, password: password, salts: salts)

        var safes: [SecretBytes] = []
        let certificates = certificateBags(store)
        let (algorithm, data) = try encryption.encrypt(sequence(certificates), "certificates")
        safes.append(
            contentInfo(
                DERWriter.objectIdentifier("1.2.840.113549.1.7.6"),
                DERWriter.sequence(
                    DERWriter.integer([0]),
                    DERWriter.sequence(
                        dataType, algorithm, DERWriter.element(DERElement.Tag.primitiveContext(0), [data])))))
        if let entry = store.keyEntry {
            let (algorithm, data) = try encryption.encrypt(entry.key.pkcs8, "key")
            let bag = self.bag(
                DERWriter.objectIdentifier("1.2.840.113549.1.12.10.1.2"),
                DERWriter.sequence(algorithm, DERWriter.octetString(data)),
                [friendlyName(entry.alias)] + localKeyIdentifier(entry))
            safes.append(contentInfo(dataType, DERWriter.octetString(sequence([bag]))))
        }
        let authenticated = sequence(safes)
        return DERWriter.sequence(
            DERWriter.integer([3]), contentInfo(dataType, DERWriter.octetString(authenticated)),
            try encryption.mac(of: authenticated))
    }

    private static func certificateBags(_ store: Keystore) -> [SecretBytes] {
        var bags: [SecretBytes] = []
        if let entry = store.keyEntry {
            for (index, certificate) in entry.chain.enumerated() {
                // Only the leaf gets the name and the key identifier. Java treats any other named certificate as an
                // entry of its own.
                let attributes = index == 0 ? [friendlyName(entry.alias)] + localKeyIdentifier(entry) : []
                bags.append(certificateBag(certificate, attributes))
            }
        }
        for entry in store.trusted {
            bags.append(certificateBag(entry.certificate, [friendlyName(entry.alias), trustedKeyUsage]))
        }
        return bags
    }

    private static func certificateBag(_ certificate: X509Certificate, _ attributes: [SecretBytes]) -> SecretBytes {
        bag(
            DERWriter.objectIdentifier("1.2.840.113549.1.12.10.1.3"),
            DERWriter.sequence(
                DERWriter.objectIdentifier("1.2.840.113549.1.9.22.1"),
                DERWriter.element(DERElement.Tag.context(0), [DERWriter.octetString(certificate.der)])),
            attributes)
    }

    // MARK: - Attributes

    /// Returns the attribute PKCS#9 friendlyName, a BMPString.
    private static func friendlyName(_ alias: String) -> SecretBytes {
        let bmpString: UInt8 = 0x1E
        let units = alias.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        return attribute(
            DERWriter.objectIdentifier("1.2.840.113549.1.9.20"), DERWriter.element(bmpString, [SecretBytes(units)]))
    }

    /// Returns the attribute PKCS#9 localKeyId, which connects the key with its certificate. As in OpenSSL, it is the
    /// SHA-1 of the leaf.
    private static func localKeyIdentifier(_ entry: Keystore.KeyEntry) -> [SecretBytes] {
        guard let leaf = entry.chain.first else { return [] }
        let digest = leaf.der.withExposed { Array(Insecure.SHA1.hash(data: $0)) }
        return [
            attribute(
                DERWriter.objectIdentifier("1.2.840.113549.1.9.21"), DERWriter.octetString(SecretBytes(digest)))
        ]
    }

    /// Java's own attribute for a certificate that is trusted for any extended key usage (anyExtendedKeyUsage). Without
    /// it, Java ignores certificates that do not have a key.
    private static var trustedKeyUsage: SecretBytes {
        attribute(
            DERWriter.objectIdentifier("2.16.840.1.113894.746875.1.1"), DERWriter.objectIdentifier("2.5.29.37.0"))
    }

    private static func attribute(_ type: SecretBytes, _ value: SecretBytes) -> SecretBytes {
        DERWriter.sequence(type, DERWriter.element(DERElement.Tag.set, [value]))
    }

    // MARK: - Structure

    private static var dataType: SecretBytes { DERWriter.objectIdentifier("1.2.840.113549.1.7.1") }

    private static func sequence(_ parts: [SecretBytes]) -> SecretBytes {
        DERWriter.element(DERElement.Tag.sequence, parts)
    }

    private static func contentInfo(_ type: SecretBytes, _ content: SecretBytes) -> SecretBytes {
        DERWriter.sequence(type, DERWriter.element(DERElement.Tag.context(0), [content]))
    }

    private static func bag(_ type: SecretBytes, _ value: SecretBytes, _ attributes: [SecretBytes]) -> SecretBytes {
        let content = DERWriter.element(DERElement.Tag.context(0), [value])
        guard !attributes.isEmpty else { return DERWriter.sequence(type, content) }
        return DERWriter.sequence(type, content, DERWriter.element(DERElement.Tag.set, attributes))
    }
}
