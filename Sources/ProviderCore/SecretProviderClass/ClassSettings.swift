internal import Documents

/// The parameters of a SecretProviderClass that extend upstream's and concern all its objects.
package struct ClassSettings: Sendable {
    /// The fallback vault of the class's vault.
    package var fallback: FallbackVault?
    /// The number of days before an object expires at which warnings begin; 0 for no warnings.
    package var expiryWarning = ClassSettings.defaultExpiryWarning
    /// The path of the metadata file, which lists the versions in the volume; nil if the class does not want one.
    package var metadataFile: String?
    /// The files that are made of several objects.
    package var joinedFiles: JoinedFiles?

    package static let defaultExpiryWarning = 14

    /// Creates the settings of a class that sets none of these parameters.
    package init() {}

    /// The paths of the files that belong to the whole class, each with the parameter that requests it.
    var declaredPaths: [(path: String, parameter: String)] {
        (metadataFile.map { [($0, "metadataFile")] } ?? []) + (joinedFiles?.fileNames ?? []).map { ($0, "files") }
    }

    /// Reads the parameters. `refreshNonce` is not among them: it only changes the fingerprint of the volume, as every
    /// parameter does, so that the next mount reads everything from the vault again.
    init(parsing parameters: StringMap, report: SettingsReport) {
        let members = Self.keys.compactMap { key -> YAMLNode.Member? in
            let text = parameters[key]
            return text.isEmpty ? nil : (Self.scalar(key), Self.scalar(text))
        }
        if members.isEmpty { return }
        let settings = SettingsMapping(
            members, place: "the class's parameters", report: report, scope: .parameters)
        fallback = FallbackVault(parsing: settings, inheriting: nil)
        expiryWarning = settings.count("expiryWarning", in: 0...3650) ?? Self.defaultExpiryWarning
        metadataFile = settings.path("metadataFile")
        joinedFiles = JoinedFiles(parsing: settings)
    }

    /// A mount's parameters also hold keys that the driver adds, so only these are read.
    static let keys = ["fallbackVault", "fallbackOn", "expiryWarning", "metadataFile", "files"]

    private static func scalar(_ text: String) -> YAMLNode {
        .scalar(YAMLScalar(text: text, isPlain: false, explicitTag: nil, line: 1))
    }
}

extension SettingsMapping {
    /// Returns the path in the volume under `key`, or nil if it is absent or invalid.
    package func path(_ key: String) -> String? {
        guard let path = text(key) else { return nil }
        guard let problem = MountPath.problem(with: path) else { return path }
        add(ProviderError(.pathInvalid, "\(place): \(key): \(problem)"), about: key)
        return nil
    }
}
