internal import Documents
package import SecretMemory

/// A decoded Mount request, before validation.
package struct MountRequest: Sendable {
    /// The SecretProviderClass parameters, overlaid with the volume context.
    package var attributes: StringMap
    /// The data of nodePublishSecretRef; nil if the volume does not have one.
    package var secrets: StringMap?
    /// The mode for files whose object does not set one.
    package var defaultMode: FilePermission
    package var targetPath: String
    /// The service account whose annotations named the client; nil if the class names it.
    var clientSourceAccount: ServiceAccountReference?

    /// The maximum length of the attributes' and secrets' JSON together. Kubernetes does not store objects above 1.5
    /// MiB, and a request consists of at most three objects.
    private static let maximumBytes = 8 << 20

    /// Decodes the request's three JSON texts. `secrets` may be the literal `null`, which the driver sends for volumes
    /// without secrets. Error phrases are upstream's.
    package init(
        attributes: SecretBytes,
        secrets: SecretBytes,
        permission: String,
        targetPath: String
    ) throws(ProviderError) {
        let size = attributes.count + secrets.count
        guard size <= Self.maximumBytes else {
            throw ProviderError(
                .requestMalformed,
                "the request's attributes and secrets have \(size) bytes, at most \(Self.maximumBytes) are read")
        }
        guard let map = try StringMap.decode(attributes, failure: "failed to unmarshal attributes, error: ") else {
            throw ProviderError(.requestMalformed, "failed to unmarshal attributes, error: attributes are null")
        }
        self.attributes = map
        self.secrets = try StringMap.decode(secrets, failure: "failed to unmarshal secrets, error: ")
        self.defaultMode = try Self.mode(permission)
        self.targetPath = targetPath
    }

    private static func mode(_ text: String) throws(ProviderError) -> FilePermission {
        let failure = "failed to unmarshal file permission, error: "
        let value: JSONValue
        do {
            value = try JSONParser.parse(SecretBytes(text))
        } catch {
            throw ProviderError(.requestMalformed, failure + error.reason)
        }
        guard case .number(let source) = value else {
            throw ProviderError(.requestMalformed, failure + "expected a number, found a \(value.kind)")
        }
        guard let number = UInt32(source), let mode = FilePermission(rawValue: number) else {
            throw ProviderError(
                .requestMalformed, failure + "\(source.prefix(20)) is not a file mode between 0 and 511 (0777)")
        }
        return mode
    }
}
