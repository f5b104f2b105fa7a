internal import FoundationEssentials
internal import Glibc
package import ProviderCore
internal import SecretMemory

/// Where descriptions of private clouds are read from.
package struct CloudEnvironmentFiles: Sendable {
    /// Larger files are no cloud description.
    private static let maximumBytes = 1 << 20

    /// The operator's own, from `AZURE_ENVIRONMENT_FILEPATH`; empty when there is none.
    package var defaultPath: String
    /// Where files that a class names may lie; anywhere when empty, as upstream has it.
    package var allowedDirectories: [String]

    package init(defaultPath: String, allowedDirectories: [String] = []) {
        self.defaultPath = defaultPath
        self.allowedDirectories = allowedDirectories
    }

    /// The file that a SecretProviderClass asks for, or the operator's own. Read anew each time, and
    /// for this one mount only: unlike upstream, no class can change the cloud of another.
    @Sendable package func read(_ requested: String?) -> AzureCloud.EnvironmentFile? {
        let path = requested ?? defaultPath
        guard !path.isEmpty else { return nil }
        if requested != nil, !allowedDirectories.isEmpty, !isAllowed(path) {
            let reason = "the operator allows cloudEnvFileName in \(allowedDirectories.joined(separator: ", ")) only"
            return AzureCloud.EnvironmentFile(
                path: path, contents: .failure(CloudEnvironmentError(text: reason)))
        }
        return AzureCloud.EnvironmentFile(path: path, contents: Self.contents(of: path))
    }

    /// Looks at where the path really leads, so that neither `..` nor a link gets around the list.
    private func isAllowed(_ path: String) -> Bool {
        let real = Self.resolved(path)
        return allowedDirectories.contains { real.hasPrefix(Self.resolved($0).droppingTrailingSlashes() + "/") }
    }

    private static func resolved(_ path: String) -> String {
        guard let pointer = realpath(path, nil) else { return "" }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    private static func contents(of path: String) -> Result<[UInt8], CloudEnvironmentError> {
        guard let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int else {
            return .failure(CloudEnvironmentError(text: "no such file or directory"))
        }
        guard size <= maximumBytes else {
            return .failure(CloudEnvironmentError(text: "the file is larger than \(maximumBytes) bytes"))
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            return .failure(CloudEnvironmentError(text: "the file cannot be read"))
        }
        return .success(Array(data))
    }
}
