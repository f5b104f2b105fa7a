internal import Documents
package import ProviderCore

/// Reads the files that describe private clouds.
package struct CloudEnvironmentFiles: Sendable {
    /// The maximum size of a description in bytes; a real one has a few kilobytes.
    private static let maximumBytes = 1 << 20

    /// The operator's own file, from `AZURE_ENVIRONMENT_FILEPATH`; empty if the variable is not set.
    package var defaultPath: String
    /// The directories that a class can name files in. If the list is empty, any directory is allowed, as in upstream.
    package var allowedDirectories: [String]

    package init(defaultPath: String, allowedDirectories: [String] = []) {
        self.defaultPath = defaultPath
        self.allowedDirectories = allowedDirectories
    }

    /// Reads the file that a SecretProviderClass names, or else the operator's file. Returns nil if neither is set.
    ///
    /// The result applies only to the mount for which it is read. In upstream, one class can change the cloud of
    /// others.
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
