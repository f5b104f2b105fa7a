internal import Documents
internal import SecretMemory

/// Says which versions a volume holds, as JSON: the file that `metadataFile` asks for.
///
/// It holds nothing of the moment at which it was made, so it stays the same, byte for byte, while the
/// versions, their attributes and the class do: any change of a file swaps the volume's whole directory.
struct MetadataFile {
    private var entries: [String] = []
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
        members.append(("vault", Self.text(version.vault.name)))
        members.append(("version", Self.text(version.item.version)))
        if version.isFromFallback { members.append(("fallback", "true")) }
        func add(_ name: String, _ time: Int?) {
            if let time { members.append((name, Self.text(Timestamp.text(time)))) }
        }
        add("created", attributes.created)
        add("notBefore", attributes.notBefore)
        add("expires", attributes.expires)
        if let type = attributes.contentType { members.append(("contentType", Self.text(type))) }
        let tags = attributes.tags.sorted { $0.key < $1.key }.map { ($0.key, Self.text($0.value)) }
        if !tags.isEmpty { members.append(("tags", Self.object(tags))) }
        members.append(("files", Self.list(files)))
        entries.append(Self.object(members))
    }

    /// An optional object that the vault does not have.
    mutating func addMissing(_ object: KeyVaultObject, files: [String]) {
        guard isWanted else { return }
        entries.append(Self.object(Self.name(object) + [("missing", "true"), ("files", Self.list(files))]))
    }

    /// One line for each version, in the order of the volume's objects.
    var contents: SecretBytes {
        SecretBytes("{\"objects\":[\n" + entries.joined(separator: ",\n") + "\n]}\n")
    }

    private static func name(_ object: KeyVaultObject) -> [(String, String)] {
        [("type", text(object.type.rawValue)), ("name", text(object.name))]
    }

    private static func text(_ text: String) -> String { JSONWriter.quoted(text) }

    private static func list(_ texts: [String]) -> String { "[" + texts.map(text).joined(separator: ",") + "]" }

    private static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\(text($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }
}
