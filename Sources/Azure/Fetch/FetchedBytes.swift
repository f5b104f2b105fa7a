internal import ProviderCore
internal import Synchronization

/// The bytes that one mount keeps of what its vaults hold: contents, versions and lists. It is shared by the readings of
/// all its vaults, which run side by side, so that no number of objects, versions and vaults fills the node's memory.
final class FetchedBytes: Sendable {
    /// Twice what the driver takes for a volume: objects may hold more than the parts of them that are mounted.
    static let maximum = 2 * VolumeLimits.maximumBytes

    private let limit: Int
    /// By who asks which vault.
    private let bytes = Mutex<[ValueCache.Scope: Int]>([:])

    init(limit: Int = FetchedBytes.maximum) {
        self.limit = limit
    }

    /// Forgets what was counted for `scope`, whose objects are about to be read again.
    func restart(_ scope: ValueCache.Scope) {
        bytes.withLock { $0[scope] = 0 }
    }

    /// Counts `content`, which was read for `scope`.
    func add(_ content: VaultContent, of scope: ValueCache.Scope) {
        bytes.withLock { $0[scope, default: 0] += content.byteCount }
    }

    /// The error of a mount that keeps more than it may; nil while it does not.
    var excess: ProviderError? {
        guard bytes.withLock({ $0.values.reduce(0, +) }) > limit else { return nil }
        return ProviderError(
            .limitExceeded,
            "the objects of the volume have more than \(limit) bytes in their vaults, with all their versions and lists, "
                + "one volume takes \(limit) at most",
            hint: "ask for fewer objects and versions in one volume: spread the objects over several "
                + "SecretProviderClasses, or lower objectVersionHistory")
    }
}
