internal import KeyMaterial
internal import SecretMemory

/// Extracts `tls.crt` and `tls.key` from a mounted file like the driver (observed driver behaviour).
enum TLSParts {
    static func part(_ key: String, of content: SecretBytes) throws(DERError) -> SecretBytes {
        var blocks = PEMReader.blocks(in: content)
        if blocks.isEmpty {
            // A file that is not PEM may be a PKCS#12 file without a password.
            let bundle = try PKCS12.open(content)
            blocks = bundle.keys.map { PEMBlock(label: "PRIVATE KEY", der: $0) }
            blocks += bundle.certificates.map { PEMBlock(label: "CERTIFICATE", der: $0) }
        }
        switch key {
        case "tls.crt":
            let certificates = blocks.filter(\.isCertificate)
            guard !certificates.isEmpty else { throw DERError("no certificate found") }
            return PEMBlock.text(of: certificates)
        case "tls.key":
            guard let last = blocks.last(where: { !$0.isCertificate }) else { throw DERError("no private key found") }
            return PEMBlock.text(of: [try PrivateKeyInfo.traditional(last)])
        default:
            throw DERError("tls.crt or tls.key expected as the key of a kubernetes.io/tls secret")
        }
    }
}
