/// The files of a volume that are made of several objects: the class's parameter `files`.
package struct JoinedFiles: Sendable {
    /// The paths in the volume.
    package var fileNames: [String] { [] }

    /// Reads the parameter `files`, a YAML text; nil without it.
    init?(reading settings: SettingsMapping) {
        nil
    }

    /// The files, made of the contents of the volume's objects.
    func files(of contents: ObjectContents) throws(ProviderError) -> [ConvertedFile] {
        []
    }
}
