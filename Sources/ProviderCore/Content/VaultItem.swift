package import KeyMaterial
package import SecretMemory

/// What the vault answered for one object, freed of its JSON.
package indirect enum VaultItem: Sendable {
    case secret(SecretBundle)
    case key(PublicKey, version: String)
    /// `der` is the certificate alone: neither its chain nor its key.
    case certificate(der: SecretBytes, version: String)

    package var version: String {
        switch self {
        case .secret(let bundle): bundle.version
        case .key(_, let version), .certificate(_, let version): version
        }
    }
}

/// A secret's value and what decides how it is to be read.
package struct SecretBundle: Sendable {
    package var value: SecretBytes
    package var version: String
    package var contentType: String?
    /// The vault names a key with it, so it is a certificate's other face.
    package var isCertificate: Bool

    package init(value: SecretBytes, version: String, contentType: String?, isCertificate: Bool) {
        self.value = value
        self.version = version
        self.contentType = contentType
        self.isCertificate = isCertificate
    }
}
