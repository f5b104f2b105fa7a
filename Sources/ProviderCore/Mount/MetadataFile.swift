internal import Documents
internal import SecretMemory

/// The file that the parameter `metadataFile` adds to a volume: a JSON text that lists the versions of the volume's
/// objects.
///
/// It does not contain the time of the mount, because any change of a file makes the driver replace the volume's whole
/// directory. Its bytes change only with the versions, their attributes and the class.
struct MetadataFile {
    private var entries: [JSONOutput] = []
    /// Most classes do not want the file, so the entries are collected only if it is wanted.
    private let isWanted: Bool

    init(isWanted: Bool) {
        self.isWanted = isWanted
    }

    /// Adds one version and the paths of its files.
    mutating func add(_ version: FetchedVersion, of object: KeyVaultObject, files: [String]) {
        guard isWanted else { return }
        let attributes = version.attributes
        var members = Self.name(object)
        members.append(("vault", .text(version.vault.name)))
        members.append(("version", .text(version.item.version)))
        if version.isFromFallback { members.append(("fallback", .bool(true))) }
        func add(_ name: String, _ time: Int?) {
            if let time { members.append((name, .text(Timestamp.text(time)))) }
        }
        add("created", attributes.created)
        add("notBefore", attributes.notBefore)
        add("expires", attributes.expires)
        if let type = attributes.contentType { members.append(("contentType", .text(type))) }
        if !attributes.tags.isEmpty { members.append(("tags", .texts(attributes.tags))) }
        members.append(("files", .texts(files)))
        entries.append(.object(members))
    }

    /// Adds an optional object that the vault does not have.
    mutating func addMissing(_ object: KeyVaultObject, files: [String]) {
        guard isWanted else { return }
        entries.append(.object(Self.name(object) + [("missing", .bool(true)), ("files", .texts(files))]))
    }

    /// The file's bytes, with one line for each version, in the order of the volume's objects.
    var contents: SecretBytes {
        SecretBytes("{\"objects\":[\n" + entries.map(\.compact).joined(separator: ",\n") + "\n]}\n")
    }

    private static func name(_ object: KeyVaultObject) -> [(String, JSONOutput)] {
        [("type", .text(object.type.rawValue)), ("name", .text(object.name))]
    }
}
