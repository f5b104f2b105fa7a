internal import KeyMaterial
internal import ProviderCore
internal import SecretMemory

/// The response to one query to a vault.
indirect enum VaultContent: Sendable {
    case item(VaultItem, ItemAttributes)
    case list([VersionRecord])
    case objects([ObjectRecord])

    /// A text that changes when the content changes.
    var revision: String {
        switch self {
        case .item(let item, _): item.version
        case .list(let records): records.map { "\($0.version)\($0.isEnabled ? "+" : "-")" }.sorted().joined()
        case .objects(let records):
            records.map { "\($0.name)\($0.isEnabled ? "+" : "-")" }.sorted().joined(separator: ",")
        }
    }

    /// The approximate size in memory, in bytes.
    var byteCount: Int {
        switch self {
        case .item(.secret(let bundle), _): bundle.value.count
        case .item(.key(let key, _), _): key.modulus.count + key.exponent.count + key.x.count + key.y.count
        case .item(.certificate(let der, _), _): der.count
        case .list(let records): records.count * 128
        case .objects(let records):
            records.reduce(0) { total, record in
                record.tags.reduce(total + 256) { $0 + 64 + $1.key.utf8.count + $1.value.utf8.count }
            }
        }
    }
}
