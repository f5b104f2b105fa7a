/// What is made of an object's content before it becomes files: a part of it, or several files of its parts.
package struct ObjectShaping: Sendable, Hashable {
    /// The paths of the files, where they are known before anything is fetched; nil for the object's own.
    package var fileNames: [String]? { nil }

    /// Reads the settings about it; nil without any. `object` has been read up to here.
    init?(reading settings: SettingsMapping, of object: KeyVaultObject) {
        nil
    }

    /// The files made of `file`, which is the object's whole content.
    func files(of file: ConvertedFile, object: KeyVaultObject) throws(ProviderError) -> [ConvertedFile] {
        [file]
    }
}
