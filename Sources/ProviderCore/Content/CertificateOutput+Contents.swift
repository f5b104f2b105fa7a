package import KeyMaterial
package import SecretMemory

extension CertificateOutput {
    /// Returns the bytes of the output file. `version` is the vault's version of the object; key stores derive their
    /// salts from it. Throws if the certificate does not have the requested part, or if a key store does not have a
    /// usable password.
    package func contents(
        of bundle: CertificateBundle, password: SecretBytes?, version: String
    ) throws(DERError) -> SecretBytes {
        guard part.isKeystore else {
            let blocks = try bundle.blocks(of: part, keyFormat: keyFormat, keyComesLast: keyComesLast)
            if encoding == .pem { return PEMBlock.text(of: blocks) }
            guard let block = blocks.first, blocks.count == 1 else {
                throw DERError("part \(part.rawValue) has several blocks, and DER holds only one")
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
