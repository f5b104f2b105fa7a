internal import KeyMaterial
package import SecretMemory

/// A file made of a vault object, before the mount adds the object's path and permission.
package struct ConvertedFile: Sendable {
    /// Appended to the object's path, such as `.crt`; empty for most files.
    package var suffix: String
    package var contents: SecretBytes
    /// Replaces the object's path.
    package var path: String?
    /// Replaces the object's permission.
    package var permission: FilePermission?

    package init(suffix: String = "", contents: SecretBytes, path: String? = nil, permission: FilePermission? = nil) {
        self.suffix = suffix
        self.contents = contents
        self.path = path
        self.permission = permission
    }
}

/// Converts an object's content in the vault to the bytes of its files, byte for byte as upstream does.
package struct ContentConversion: Sendable {
    /// Whether the certificates of a PKCS#12 file are written leaf first (upstream's `--construct-pem-chain`).
    package var constructsChain: Bool
    /// Whether a certificate-backed secret also becomes a `.crt` and a `.key` file (upstream's
    /// `--write-cert-and-key-in-separate-files`).
    package var separatesCertificateAndKey: Bool

    package init(constructsChain: Bool = true, separatesCertificateAndKey: Bool = false) {
        self.constructsChain = constructsChain
        self.separatesCertificateAndKey = separatesCertificateAndKey
    }

    /// Returns the files of `item`, which was fetched for `object`. Throws `.contentInvalid` if the content cannot be
    /// converted.
    package func files(for item: VaultItem, object: KeyVaultObject) throws(ProviderError) -> [ConvertedFile] {
        do throws(DERError) {
            switch item {
            case .key(let key, _):
                return [ConvertedFile(suffix: "", contents: try key.pem())]
            case .certificate(let der, _):
                return [
                    ConvertedFile(suffix: "", contents: PEMBlock.text(of: [PEMBlock(label: "CERTIFICATE", der: der)]))
                ]
            case .secret(let bundle):
                return try secretFiles(bundle, object)
            }
        } catch {
            throw ProviderError(.contentInvalid, of: object, error.reason)
        }
    }

    private func secretFiles(
        _ bundle: SecretBundle, _ object: KeyVaultObject
    ) throws(DERError) -> [ConvertedFile] {
        guard bundle.isCertificate else {
            return [ConvertedFile(suffix: "", contents: try decoded(bundle.value, object.encoding))]
        }
        let content: SecretBytes
        switch bundle.contentType {
        case "application/x-pem-file":
            content = bundle.value
        case "application/x-pkcs12":
            content = object.format == .pfx ? bundle.value : try pem(ofPKCS12: bundle.value)
        default:
            throw DERError("failed to get certificate. unknown content type '\((bundle.contentType ?? "").clipped)'")
        }
        var files: [ConvertedFile] = []
        if separatesCertificateAndKey {
            let blocks = PEMReader.blocks(in: content)
            files.append(ConvertedFile(suffix: ".crt", contents: PEMBlock.text(of: blocks.filter(\.isCertificate))))
            files.append(
                ConvertedFile(suffix: ".key", contents: PEMBlock.text(of: blocks.filter { !$0.isCertificate })))
        }
        files.append(ConvertedFile(suffix: "", contents: content))
        for index in files.indices { files[index].contents = try decoded(files[index].contents, object.encoding) }
        return files
    }

    /// Writes the keys before the certificates, as upstream does.
    private func pem(ofPKCS12 base64: SecretBytes) throws(DERError) -> SecretBytes {
        let file: SecretBytes
        switch base64.withExposed({ Base64.decoding($0, alphabet: .standard) }) {
        case .success(let bytes): file = bytes
        case .failure(let error): throw DERError(error.message)
        }
        let bundle = try PKCS12.open(file)
        let certificates = constructsChain ? try CertificateChain.ordered(bundle.certificates) : bundle.certificates
        var blocks: [PEMBlock] = []
        for key in bundle.keys {
            blocks.append(PEMBlock(label: "PRIVATE KEY", der: try PrivateKeyInfo.canonical(key)))
        }
        return PEMBlock.text(of: blocks + certificates.map { PEMBlock(label: "CERTIFICATE", der: $0) })
    }

    private func decoded(_ content: SecretBytes, _ encoding: KeyVaultObject.Encoding) throws(DERError) -> SecretBytes {
        switch encoding {
        case .utf8:
            return content
        case .base64:
            switch content.withExposed({ Base64.decoding($0, alphabet: .standard) }) {
            case .success(let bytes): return bytes
            case .failure(let error): throw DERError(error.message)
            }
        case .base64URL:
            switch content.withExposed({ Base64.decoding(base64URL: $0) }) {
            case .success(let bytes): return bytes
            case .failure(let error): throw DERError(error.message)
            }
        case .hex:
            do throws(HexError) {
                return try content.withExposed { bytes throws(HexError) in try Hex.decode(bytes) }
            } catch {
                throw DERError(error.message)
            }
        }
    }
}
