internal import Crypto

/// The files of a volume that are made of several objects: the class's parameter `files`.
package struct JoinedFiles: Sendable {
    static let maximumFiles = 100

    private var files: [JoinedFile] = []
    private var source = ""

    /// The paths in the volume.
    package var fileNames: [String] { files.map(\.path) }

    /// Reads the parameter `files`, a YAML text; nil without it.
    init?(reading settings: SettingsMapping) {
        guard let text = settings.verbatim("files") else { return nil }
        source = text
        func refuse(_ reason: String) {
            settings.report.add(
                ProviderError(
                    .parameterInvalid, "files \(reason)",
                    hint: "write files as a YAML list, each item with fileName and either template or envFile"))
        }
        let root: YAMLNode?
        do {
            root = try YAMLParser.parseFirst(text)
        } catch {
            refuse("cannot be read: \(error.description)")
            return
        }
        guard let items = root?.sequence, !items.isEmpty else {
            refuse("is no list")
            return
        }
        guard items.count <= Self.maximumFiles else {
            refuse("lists \(items.count) files, \(Self.maximumFiles) are the most")
            return
        }
        for (index, item) in items.enumerated() {
            guard case .mapping(let members, _) = item else {
                refuse("has something else than a mapping at index \(index)")
                continue
            }
            do {
                let place = "files[\(index)]"
                let mapping = SettingsMapping(
                    try YAMLNode.merging(members), place: place, report: settings.report)
                if let file = JoinedFile(reading: mapping, place: place) { files.append(file) }
            } catch {
                refuse("cannot be read: \(error.description)")
            }
        }
    }

    /// What the files name and no object of the class is called, as far as the objects are known by now.
    func problems(among objects: [KeyVaultObject]) -> [ProviderError] {
        guard !objects.contains(where: { $0.selector != nil }) else { return [] }
        let names = objects.flatMap { [$0.path, $0.name] }
        return files.flatMap { file in
            file.references.filter { !names.contains($0.object) }.map { reference in
                let near = NearestName.near(reference.object, among: names).map { "; did you mean \($0)?" } ?? ""
                return ProviderError(
                    .parameterInvalid,
                    "\(file.place): \(reference.place): no object is called \(reference.object.clipped)\(near)",
                    hint: "name an object of the class by its objectAlias or objectName")
            }
        }
    }

    /// The files, made of the contents of the volume's objects.
    func files(of contents: ObjectContents) throws(ProviderError) -> [ConvertedFile] {
        var errors: [ProviderError] = []
        var converted: [ConvertedFile] = []
        for file in files {
            do throws(ProviderError) {
                converted.append(
                    ConvertedFile(
                        contents: try file.contents(of: contents), path: file.path, permission: file.permission))
            } catch {
                errors.append(error)
            }
        }
        if let error = ProviderError.combining(errors) { throw error }
        return converted
    }

    /// The versions under which the driver will track the files.
    func versions(of contents: ObjectContents) -> [MountAnswer.Version] {
        files.map { MountAnswer.Version(id: "files/\($0.path)", version: version(of: $0, contents)) }
    }

    /// Another one when an object that the file is made of has another version, or the parameter another
    /// text: the driver writes a file anew whenever it changes, but a Secret only with a version.
    private func version(of file: JoinedFile, _ contents: ObjectContents) -> String {
        var hash = SHA256()
        for part in [source] + file.references.map({ "\($0.object)/\(contents.item(of: $0.object)?.version ?? "")" }) {
            withUnsafeBytes(of: UInt64(part.utf8.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: Array(part.utf8))
        }
        return hash.finalize().prefix(16).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 0xF, radix: 16)
        }.joined()
    }
}
