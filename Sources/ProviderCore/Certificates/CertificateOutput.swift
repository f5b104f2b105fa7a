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

    /// The file's bytes. `version` is the vault's version of the object.
    package func contents(
        of bundle: CertificateBundle, password: SecretBytes?, version: String
    ) throws(DERError) -> SecretBytes {
        guard part.isKeystore else {
            let blocks = try bundle.blocks(of: part, keyFormat: keyFormat, keyComesLast: keyComesLast)
            if encoding == .pem { return PEMBlock.text(of: blocks) }
            guard let block = blocks.first, blocks.count == 1 else {
                throw DERError("part \(part.rawValue) is more than one thing, which DER cannot hold")
            }
            return block.der
        }
        guard let password else { throw DERError("part \(part.rawValue) takes a password; set passwordFrom") }
        let checked = try KeystorePassword(password)
        switch (part, storeFormat) {
        case (.jks, _):
            return try JKSWriter.file(
                try Keystore.key(of: bundle, alias: alias), password: checked, version: version)
        case (.truststore, .jks):
            return try JKSWriter.file(
                try Keystore.trust(in: bundle, alias: alias), password: checked, version: version)
        case (.truststore, .pkcs12):
            return try PKCS12Writer.file(
                try Keystore.trust(in: bundle, alias: alias), password: checked, profile: profile, version: version)
        default:
            return try PKCS12Writer.file(
                try Keystore.key(of: bundle, alias: alias), password: checked, profile: profile, version: version)
        }
    }
}
