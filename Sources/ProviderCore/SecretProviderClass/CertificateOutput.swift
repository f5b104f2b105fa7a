package import KeyMaterial

/// One file to be made of a certificate-backed secret, and how.
package struct CertificateOutput: Sendable, Hashable {
    package enum Encoding: String, Sendable, CaseIterable {
        case pem
        case der
    }

    package enum StoreFormat: String, Sendable, CaseIterable {
        case pkcs12
        case jks
    }

    package var part: CertificatePart
    /// The file's path in the volume.
    package var fileName: String
    /// The object's own, or the request's default, when nil.
    package var permission: FilePermission?
    package var encoding = Encoding.pem
    package var keyFormat = PrivateKey.Format.pkcs8
    /// In `combined`: the key after the certificates.
    package var keyComesLast = false
    package var profile = Keystore.Profile.modern
    /// Of a trust store.
    package var storeFormat = StoreFormat.pkcs12
    /// The name that key stores give to the key or, with a number, the certificates.
    package var alias = ""
    /// The object of the class whose value is the key store's password.
    package var passwordFrom: String?

    package init(part: CertificatePart, fileName: String) {
        self.part = part
        self.fileName = fileName
    }
}
