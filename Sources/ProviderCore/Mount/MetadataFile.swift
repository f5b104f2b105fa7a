internal import Documents
internal import SecretMemory

/// Says which versions a volume holds, as JSON: the file that `metadataFile` asks for.
///
/// It holds nothing of the moment at which it was made, so it stays the same, byte for byte, while the
/// versions, their attributes and the class do: any change of a file swaps the volume's whole directory.
struct MetadataFile {
    private var entries: [JSONOutput] = []
    /// Most classes want none, and then nothing is put together, at none of the many mounts.
    private let isWanted: Bool

    init(isWanted: Bool) {
        self.isWanted = isWanted
    }

    /// One version, and the paths of its files.
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

    /// An optional object that the vault does not have.
    mutating func addMissing(_ object: KeyVaultObject, files: [String]) {
        guard isWanted else { return }
        entries.append(.object(Self.name(object) + [("missing", .bool(true)), ("files", .texts(files))]))
    }

    /// One line for each version, in the order of the volume's objects.
    var contents: SecretBytes {
        SecretBytes("{\"objects\":[\n" + entries.map(\.compact).joined(separator: ",\n") + "\n]}\n")
    }

    private static func name(_ object: KeyVaultObject) -> [(String, JSONOutput)] {
        [("type", .text(object.type.rawValue)), ("name", .text(object.name))]
    }
}
