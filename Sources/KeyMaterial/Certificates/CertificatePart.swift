/// The part of a certificate-backed secret that one file contains.
package enum CertificatePart: String, Sendable, CaseIterable {
    /// The private key.
    case key
    /// The certificate that the key belongs to.
    case leaf
    /// The leaf's issuers, without the leaf.
    case chain
    /// The leaf and its issuers.
    case fullchain
    /// The topmost issuer: the root, if the secret holds it.
    case ca
    /// The key and the leaf with its issuers.
    case combined
    /// A PKCS#12 file with key and chain.
    case pkcs12
    /// A Java key store with key and chain.
    case jks
    /// A key store with trusted certificates and without a key.
    case truststore

    /// Whether the part can be written as DER, which holds only one key or certificate.
    package var isSingle: Bool { [.key, .leaf, .ca].contains(self) }
    /// Whether the part contains a private key.
    package var hasKey: Bool { [.key, .combined, .pkcs12, .jks].contains(self) }
    /// Whether the part needs a password.
    package var isKeystore: Bool { [.pkcs12, .jks, .truststore].contains(self) }
}

extension CertificateBundle {
    static let noKey =
        "the object has no private key; use objectType: secret, and a certificate whose key is exportable"
    static let noIssuer = "the object holds no issuer of its certificate"

    /// Returns a part as PEM blocks; for key stores, the list is empty.
    package func blocks(
        of part: CertificatePart, keyFormat: PrivateKey.Format = .pkcs8, keyComesLast: Bool = false
    ) throws(DERError) -> [PEMBlock] {
        func blocks(_ certificates: [X509Certificate]) -> [PEMBlock] {
            certificates.map { PEMBlock(label: "CERTIFICATE", der: $0.der) }
        }
        func key() throws(DERError) -> PEMBlock {
            guard let key = self.key else { throw DERError(Self.noKey) }
            return try key.block(keyFormat)
        }
        switch part {
        case .key: return [try key()]
        case .leaf: return blocks([leaf])
        case .chain:
            guard !issuers.isEmpty else { throw DERError(Self.noIssuer) }
            return blocks(issuers)
        case .fullchain: return blocks(chain)
        case .ca:
            guard let authority else { throw DERError(Self.noIssuer) }
            return blocks([authority])
        case .combined: return keyComesLast ? blocks(chain) + [try key()] : [try key()] + blocks(chain)
        case .pkcs12, .jks, .truststore: return []
        }
    }
}
