internal import KeyMaterial
internal import SecretMemory

extension CertificateOutputs {
    /// Returns the files made of `item`. `others` provides the contents of other objects of the volume, such as
    /// passwords.
    func files(
        of item: VaultItem, object: KeyVaultObject, others: ObjectContents
    ) throws(ProviderError) -> [ConvertedFile] {
        do throws(DERError) {
            switch (kind, item) {
            case (.publicKey(let format), .key(let key, _)):
                return [ConvertedFile(contents: try key.file(format, comment: object.name))]
            case (.parts, .secret(let bundle)):
                return try files(
                    of: try CertificateBundle(bundle.value, contentType: bundle.contentType), bundle.version, object,
                    others)
            case (.parts, .certificate(let der, let version)):
                return try files(of: try CertificateBundle(certificate: der), version, object, others)
            default: throw DERError("the vault returned an object of another type than outputs expects")
            }
        } catch {
            throw ProviderError(.contentInvalid, of: object, error.reason)
        }
    }

    private func files(
        of bundle: CertificateBundle, _ version: String, _ object: KeyVaultObject, _ others: ObjectContents
    ) throws(DERError) -> [ConvertedFile] {
        guard case .parts(let outputs) = kind else { return [] }
        if isVerified { try bundle.verify() }
        var files: [ConvertedFile] = []
        var problems: [String] = []
        for var output in outputs {
            if let prefixLength, let template = FileNameTemplate(output.fileName) {
                output.fileName = template.path(name: object.name, prefixLength: prefixLength)
            }
            if output.alias.isEmpty { output.alias = object.name }
            do throws(DERError) {
                let password = try Self.password(for: output, others)
                let contents = try output.contents(of: bundle, password: password, version: version)
                files.append(
                    ConvertedFile(contents: contents, path: output.fileName, permission: output.permission))
            } catch {
                problems.append("\(output.fileName): \(error.reason)")
            }
        }
        guard problems.isEmpty else { throw DERError(problems.joined(separator: "; ")) }
        return files
    }

    private static func password(
        for output: CertificateOutput, _ others: ObjectContents
    ) throws(DERError) -> SecretBytes? {
        guard let name = output.passwordFrom else { return nil }
        let content: SecretBytes?
        do throws(ProviderError) {
            content = try others.content(of: name)
        } catch {
            throw DERError("its password cannot be read: \(error.message)")
        }
        guard let content else { throw DERError("its password, \(name.clipped), is not among the volume's objects") }
        return content
    }
}
