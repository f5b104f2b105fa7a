package import SecretMemory

/// The content of a key store or trust store, independent of its format.
package struct Keystore: Sendable {
    /// A private key with its certificate chain.
    package struct KeyEntry: Sendable {
        package var alias: String
        package var key: PrivateKey
        /// The certificates, leaf first.
        package var chain: [X509Certificate]
    }

    /// A certificate that a program should trust.
    package struct TrustedEntry: Sendable {
        package var alias: String
        package var certificate: X509Certificate
    }

    package var keyEntry: KeyEntry?
    package var trusted: [TrustedEntry] = []

    /// The encryption of a PKCS#12 file.
    package enum Profile: String, Sendable, CaseIterable {
        /// AES-256 and SHA-256, which all software since 2018 can read.
        case modern
        /// Triple DES and SHA-1, for Java 8 before update 301 and Windows before Server 2019.
        case legacy

        /// The rounds of each key derivation, which are the defaults of Java (modern) and OpenSSL (legacy).
        package var iterations: Int {
            switch self {
            case .modern: 10_000
            case .legacy: 2_048
            }
        }
    }

    /// Returns a key store with the bundle's key, the leaf and its issuers under `alias`. Throws if the bundle does not
    /// have a key.
    package static func key(of bundle: CertificateBundle, alias: String) throws(DERError) -> Keystore {
        guard let key = bundle.key else { throw DERError(CertificateBundle.noKey) }
        return Keystore(keyEntry: KeyEntry(alias: alias, key: key, chain: bundle.chain))
    }

    /// Returns a trust store with the issuers of the leaf, or a self-signed leaf itself, or all certificates of a
    /// bundle without a key. Several certificates are numbered from 1, in the order of the chain.
    package static func trust(in bundle: CertificateBundle, alias: String) throws(DERError) -> Keystore {
        var certificates = bundle.issuers
        if bundle.key == nil {
            certificates = bundle.chain + bundle.extras
        } else if bundle.leaf.isSelfIssued {
            certificates = [bundle.leaf]
        }
        guard !certificates.isEmpty else { throw DERError(CertificateBundle.noIssuer) }
        let entries = certificates.enumerated().map { index, certificate in
            TrustedEntry(alias: certificates.count == 1 ? alias : "\(alias)-\(index + 1)", certificate: certificate)
        }
        return Keystore(trusted: entries)
    }

    var certificates: [X509Certificate] { (keyEntry?.chain ?? []) + trusted.map(\.certificate) }
}

/// The password of a key store: text that a person or a program could type.
package struct KeystorePassword: Sendable {
    /// The password in UTF-8.
    let bytes: SecretBytes

    package init(_ bytes: SecretBytes) throws(DERError) {
        let (isText, isClean, endsInBreak) = bytes.withExposed { raw in
            (
                String(validating: raw, as: UTF8.self) != nil, !raw.contains(where: ASCII.isControl),
                raw.last == 0x0A
            )
        }
        guard isText else { throw DERError("the password is not UTF-8 text") }
        guard !endsInBreak else {
            throw DERError("the password ends in a line break, which no program would type; store it without")
        }
        guard isClean else { throw DERError("the password holds control characters") }
        self.bytes = bytes
    }

    /// The password in big-endian UTF-16, which Java and PKCS#12 use for their digests.
    var utf16: SecretBytes {
        bytes.withExposed { raw in
            var builder = SecretBytesBuilder(capacity: raw.count * 2)
            // The conversion does not use a String, because a String would not be wiped.
            _ = transcode(raw.makeIterator(), from: UTF8.self, to: UTF16.self, stoppingOnError: false) { unit in
                builder.append(UInt8(unit >> 8))
                builder.append(UInt8(unit & 0xFF))
            }
            return builder.finish()
        }
    }
}
