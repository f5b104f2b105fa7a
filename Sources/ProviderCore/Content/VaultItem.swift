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

/// The public part of a key, as a JSON Web Key (RFC 7518) describes it.
package struct PublicKey: Sendable {
    /// `RSA`, `RSA-HSM`, `EC`, `EC-HSM`, `oct`, ….
    package var type: String
    package var curve: String
    package var modulus: [UInt8]
    package var exponent: [UInt8]
    package var x: [UInt8]
    package var y: [UInt8]

    package init(type: String, curve: String, modulus: [UInt8], exponent: [UInt8], x: [UInt8], y: [UInt8]) {
        self.type = type
        self.curve = curve
        self.modulus = modulus
        self.exponent = exponent
        self.x = x
        self.y = y
    }
}
