package import KeyMaterial
package import SecretMemory

extension CertificateOutput {
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
