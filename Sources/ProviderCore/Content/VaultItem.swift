package import KeyMaterial
package import SecretMemory

/// The content of one object, decoded from the vault's JSON response.
package indirect enum VaultItem: Sendable {
    case secret(SecretBundle)
    case key(PublicKey, version: String)
    /// `der` is the leaf certificate only, without its chain and key.
    case certificate(der: SecretBytes, version: String)

    package var version: String {
        switch self {
        case .secret(let bundle): bundle.version
        case .key(_, let version), .certificate(_, let version): version
        }
    }
}

/// The value of a secret, with the attributes that decide how it is converted.
package struct SecretBundle: Sendable {
    package var value: SecretBytes
    package var version: String
    package var contentType: String?
    /// Whether the secret belongs to a certificate: the vault's response then names the certificate's key (`kid`).
    package var isCertificate: Bool

    package init(value: SecretBytes, version: String, contentType: String?, isCertificate: Bool) {
        self.value = value
        self.version = version
        self.contentType = contentType
        self.isCertificate = isCertificate
    }
}
