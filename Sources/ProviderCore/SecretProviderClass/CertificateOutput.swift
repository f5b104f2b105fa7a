package import KeyMaterial

/// One file to be made of a certificate-backed secret: which part of it, and in which format.
package struct CertificateOutput: Sendable, Hashable {
    /// The encoding of the file.
    package enum Encoding: String, Sendable, CaseIterable {
        case pem
        case der
    }

    /// The format of a trust store.
    package enum StoreFormat: String, Sendable, CaseIterable {
        case pkcs12
        case jks
    }

    package var part: CertificatePart
    /// The file's path in the volume.
    package var fileName: String
    /// The file's permission; if it is nil, the object's, and then the request's default.
    package var permission: FilePermission?
    package var encoding = Encoding.pem
    package var keyFormat = PrivateKey.Format.pkcs8
    /// Whether the key comes after the certificates; for `combined` only.
    package var keyComesLast = false
    /// The encryption of a PKCS#12 file.
    package var profile = Keystore.Profile.modern
    /// The format of a trust store.
    package var storeFormat = StoreFormat.pkcs12
    /// The name of the key in a key store; trust store certificates get this name with a number.
    package var alias = ""
    /// The name of the object of the class whose value is the key store's password.
    package var passwordFrom: String?

    package init(part: CertificatePart, fileName: String) {
        self.part = part
        self.fileName = fileName
    }
}
