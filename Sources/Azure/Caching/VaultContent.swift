internal import ProviderCore

/// What one question to a vault was answered with.
enum VaultContent: Sendable {
    case item(VaultItem)
    case list([VersionRecord])

    /// Changes when the content does.
    var revision: String {
        switch self {
        case .item(let item): item.version
        case .list(let records): records.map { "\($0.version)\($0.isEnabled ? "+" : "-")" }.sorted().joined()
        }
    }

    /// Its size in memory, roughly.
    var byteCount: Int {
        switch self {
        case .item(.secret(let bundle)): bundle.value.count
        case .item(.key(let key, _)): key.modulus.count + key.exponent.count + key.x.count + key.y.count
        case .item(.certificate(let der, _)): der.count
        case .list(let records): records.count * 128
        }
    }
}
