internal import Documents
internal import SecretMemory

/// The files of a volume that are made of several objects, from the parameter `files` of the class.
package struct JoinedFiles: Sendable {
    static let maximumFiles = 100

    private(set) var files: [JoinedFile] = []
    private(set) var source = ""

    /// The paths of the files in the volume.
    package var fileNames: [String] { files.map(\.path) }

    /// Reads the parameter `files`, a YAML text. Returns nil if it is not set.
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
            refuse("lists \(items.count) files; the limit is \(Self.maximumFiles)")
            return
        }
        for (index, item) in items.enumerated() {
            guard case .mapping(let members, _) = item else {
                refuse("has an item at index \(index) that is not a mapping")
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

    /// Returns an error for each object that the files refer to and the class does not have. If the class has a
    /// selector, the list is empty, because the names of its objects are not known yet.
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
