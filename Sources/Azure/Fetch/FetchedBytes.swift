internal import ProviderCore
internal import Synchronization

/// Counts the bytes that one mount holds from its vaults: contents, versions and lists. All its concurrent reads share
/// one instance, so that the number of objects, versions and vaults cannot fill the node's memory. All members can be
/// used from any thread.
final class FetchedBytes: Sendable {
    /// The limit in bytes: twice the maximum size of a volume, because only parts of an object may be mounted.
    static let maximum = 2 * VolumeLimits.maximumBytes

    private let limit: Int
    /// The number of bytes by the vault and principal of the read.
    private let bytes = Mutex<[ValueCache.Scope: Int]>([:])

    init(limit: Int = FetchedBytes.maximum) {
        self.limit = limit
    }

    /// Resets the count for `scope`, whose objects are read again.
    func restart(_ scope: ValueCache.Scope) {
        bytes.withLock { $0[scope] = 0 }
    }

    /// Adds `content`, which was read for `scope`.
    func add(_ content: VaultContent, of scope: ValueCache.Scope) {
        bytes.withLock { $0[scope, default: 0] += content.byteCount }
    }

    /// The error of a mount that exceeds the limit, or nil.
    var excess: ProviderError? {
        guard bytes.withLock({ $0.values.reduce(0, +) }) > limit else { return nil }
        return ProviderError(
            .limitExceeded,
            "the objects of the volume have more than \(limit) bytes in their vaults, the limit of one volume, with "
                + "all their versions and lists",
            hint: "ask for fewer objects and versions in one volume: spread the objects over several "
                + "SecretProviderClasses, or lower objectVersionHistory")
    }
}
