internal import Documents

/// The parameters of a SecretProviderClass that go beyond upstream's and concern all its objects.
package struct ClassSettings: Sendable {
    /// Stands in for the class's vault.
    package var fallback: FallbackVault?
    /// Days before an object's end at which a warning begins; 0 for none.
    package var expiryWarning = ClassSettings.defaultExpiryWarning
    /// The path of a file that says which versions the volume holds; nil for none.
    package var metadataFile: String?
    /// The files that join several objects.
    package var joinedFiles: JoinedFiles?

    package static let defaultExpiryWarning = 14

    /// What a class has that sets none of them.
    package init() {}

    /// The files that are made for the class as a whole, with the parameter that asks for each.
    var declaredPaths: [(path: String, parameter: String)] {
        (metadataFile.map { [($0, "metadataFile")] } ?? []) + (joinedFiles?.fileNames ?? []).map { ($0, "files") }
    }

    /// `refreshNonce` has no effect of its own: like every parameter it is part of what tells volumes apart, so a
    /// change of it makes the volume a new one, which is read again.
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

    /// A mount's parameters also hold what the driver adds, so only these are looked at.
    static let keys = ["fallbackVault", "fallbackOn", "expiryWarning", "metadataFile", "files"]

    private static func scalar(_ text: String) -> YAMLNode {
        .scalar(YAMLScalar(text: text, isPlain: false, explicitTag: nil, line: 1))
    }
}

extension SettingsMapping {
    /// A path in the volume.
    package func path(_ key: String) -> String? {
        guard let path = text(key) else { return nil }
        guard let problem = MountPath.problem(with: path) else { return path }
        add(ProviderError(.pathInvalid, "\(place): \(key): \(problem)"), about: key)
        return nil
    }
}
