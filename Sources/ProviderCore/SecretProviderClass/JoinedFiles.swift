internal import Documents
internal import SecretMemory

/// The files of a volume that are made of several objects: the class's parameter `files`.
package struct JoinedFiles: Sendable {
    static let maximumFiles = 100

    private(set) var files: [JoinedFile] = []
    private(set) var source = ""

    /// The paths in the volume.
    package var fileNames: [String] { files.map(\.path) }

    /// Reads the parameter `files`, a YAML text; nil without it.
    init?(parsing settings: SettingsMapping) {
        guard let text = settings.verbatim("files") else { return nil }
        source = text
        func refuse(_ reason: String) {
            settings.add(
                ProviderError(
                    .parameterInvalid, "files \(reason)",
                    hint: "write files as a YAML list, each item with fileName and either template or envFile"),
                about: "files")
        }
        let root: YAMLNode?
        do {
            root = try YAMLParser.parseFirst(text)
        } catch {
            refuse("cannot be read: \(error.description)")
            return
        }
        guard let items = root?.sequence, !items.isEmpty else {
            refuse("is not a list")
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
                    try YAMLNode.merging(members), place: place, report: settings.report,
                    scope: .parameter("files"))
                if let file = JoinedFile(parsing: mapping, place: place) { files.append(file) }
            } catch {
                refuse("cannot be read: \(error.description)")
            }
        }
    }

    /// What the files name and no object of the class is called, as far as the objects are known by now.
    func problems(among objects: [KeyVaultObject]) -> [ProviderError] {
        guard !objects.contains(where: { $0.selector != nil }) else { return [] }
        let names = objects.flatMap { [$0.path, $0.name] }
        let known = Set(names.map { ByteKey($0.utf8) })
        let unknown = UnknownNames()
        func problem(_ text: String) -> ProviderError {
            ProviderError(
                .parameterInvalid, text, hint: "name an object of the class by its objectAlias or objectName"
            ).about(parameter: "files")
        }
        let problems = files.flatMap { file in
            file.references.filter { !known.contains(ByteKey($0.object.utf8)) }.compactMap { reference in
                unknown.note(reference.object, among: names).map { near in
                    problem(
                        "\(file.place): \(reference.place): no object is called \(reference.object.clipped)\(near)")
                }
            }
        }
        if unknown.omitted == 0 { return problems }
        return problems + [problem("files: \(unknown.omitted) more names are not those of an object")]
    }
}
