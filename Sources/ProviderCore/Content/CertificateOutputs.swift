/// The parts of a certificate or a key that become files, in place of upstream's one.
package struct CertificateOutputs: Sendable, Hashable {
    /// The paths of the files in the volume.
    package var fileNames: [String] { [] }

    /// Reads the settings about it; nil without any. `object` has been read up to here.
    init?(reading settings: SettingsMapping, of object: KeyVaultObject) {
        nil
    }

    /// The files made of `item`. `others` gives the content of another object of the same volume.
    func files(
        of item: VaultItem, object: KeyVaultObject, others: ObjectContents
    ) throws(ProviderError) -> [ConvertedFile] {
        []
    }
}
