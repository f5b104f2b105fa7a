internal import AsyncSupport
internal import Documents
internal import ProviderCore
internal import Synchronization

/// Remembers which warnings about a SecretProviderClass have been logged. The kubelet requests each volume again about
/// every minute, and without this the log would repeat the warnings that often.
///
/// It holds 4,096 classes, at most 1,024 of one namespace, and logs the warnings of a forgotten class again.
final class WarningDeduplicator: Sendable {
    private struct Key: Hashable {
        var name: RotationHealth.ClassName
        /// The digest of all warnings of the class. When the class changes, its warnings are logged again.
        var digest: Int
    }

    /// The maximum number of warnings that are logged for one class.
    private static let maximumLines = UnknownNames.maximum + 1

    private let logged = Mutex(RecentMap<Key, Void>(capacity: 4096))

    /// Returns the warnings to log for the class that `pod` mounts: all of them the first time, and none later.
    func new(_ warnings: [String], for pod: PodReference) -> [String] {
        if warnings.isEmpty { return [] }
        let key = Key(name: RotationHealth.ClassName(pod), digest: warnings.hashValue)
        let isNew = logged.withLock { logged in
            if logged.use(key) != nil { return false }
            logged.store(key, (), owner: key.name.namespace)
            return true
        }
        guard isNew else { return [] }
        let rest = warnings.count - Self.maximumLines
        return warnings.prefix(Self.maximumLines) + (rest > 0 ? ["and \(rest) more, see akv-csi check"] : [])
    }
}
