internal import Documents
internal import ProviderCore
internal import SecretMemory

/// One page of a vault's list of objects of one type.
struct ObjectPage: VaultPage {
    var records: [ObjectRecord]
    var nextLink: String?

    /// Decodes a page. All identifiers in it must belong to `collection`.
    static func decode(_ body: SecretBytes, collection: String) throws(VaultAnswerError) -> ObjectPage {
        guard let page = (try? JSONParser.parse(body))?.object else {
            throw VaultAnswerError(reason: "the vault's list is not a JSON object")
        }
        var records: [ObjectRecord] = []
        for item in page["value"]?.array ?? [] {
            guard let item = item.object, let id = item["id"]?.text ?? item["kid"]?.text,
                let attributes = item["attributes"]?.object
            else { continue }
            records.append(
                ObjectRecord(
                    name: try name(in: id, collection: collection), isEnabled: attributes["enabled"]?.bool ?? true,
                    isManaged: item["managed"]?.bool ?? false, tags: ItemAttributes.tags(item["tags"])))
        }
        let next = page["nextLink"]?.text ?? ""
        return ObjectPage(records: records, nextLink: next.isEmpty ? nil : next)
    }

    /// Returns the object's name in an identifier. It becomes part of a path in the vault and perhaps in the volume, so
    /// it must be a valid name.
    private static func name(in id: String, collection: String) throws(VaultAnswerError) -> String {
        let parts = id.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 5, parts[3].lowercased() == collection else {
            throw VaultAnswerError(reason: "the vault's list has an entry that does not belong to its \(collection)")
        }
        let name = String(parts[4])
        guard (1...127).contains(name.utf8.count), name.hasOnlyASCIILettersAndDigits(or: "-") else {
            throw VaultAnswerError(reason: "the vault's list has an entry whose name is not a valid object name")
        }
        return name
    }
}
