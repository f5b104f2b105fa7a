internal import Documents
package import ProviderCore

/// The files that describe private clouds.
package struct CloudEnvironmentFiles: Sendable {
    /// A description has a few kilobytes.
    private static let maximumBytes = 1 << 20

    /// The operator's own file, from `AZURE_ENVIRONMENT_FILEPATH`; empty when there is none.
    package var defaultPath: String
    /// The directories that a class may name files in; any when empty, as upstream has it.
    package var allowedDirectories: [String]

    package init(defaultPath: String, allowedDirectories: [String] = []) {
        self.defaultPath = defaultPath
        self.allowedDirectories = allowedDirectories
    }

    /// The file that a SecretProviderClass asks for, or the operator's own; nil when there is none to read.
    ///
    /// It is read for each mount, and for this mount only: unlike upstream, no class can change the cloud of
    /// another.
    @Sendable package func read(_ requested: String?) -> AzureCloud.EnvironmentFile? {
        let path = requested ?? defaultPath
        guard !path.isEmpty else { return nil }
        let isLimited = requested != nil && !allowedDirectories.isEmpty
        let contents: Result<[UInt8], CloudEnvironmentError>
        do throws(SmallFileError) {
            contents = .success(
                try SmallFile.bytes(
                    of: path, limit: Self.maximumBytes, within: isLimited ? allowedDirectories : nil))
        } catch {
            contents = .failure(CloudEnvironmentError(text: reason(error)))
        }
        return AzureCloud.EnvironmentFile(path: path, contents: contents)
    }

    private func reason(_ error: SmallFileError) -> String {
        guard error == .outside else { return error.description }
        return "the operator allows cloudEnvFileName in \(allowedDirectories.joined(separator: ", ")) only"
    }
}
