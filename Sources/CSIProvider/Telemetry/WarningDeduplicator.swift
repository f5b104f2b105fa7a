internal import AsyncSupport
internal import Documents
internal import ProviderCore
internal import Synchronization

/// Remembers which warnings about a SecretProviderClass are in the log: the kubelet has each volume asked for
/// again about every minute, and operators do not want to read the same that often.
///
/// It remembers 4,096 classes, at most 1,024 of one namespace, and logs the warnings of a forgotten class again.
final class WarningDeduplicator: Sendable {
    private struct Key: Hashable {
        var name: RotationHealth.ClassName
        /// Of all its warnings: a class that changes is logged again.
        var digest: Int
    }

    /// Of one class together.
    private static let maximumLines = UnknownNames.maximum + 1

    private let logged = Mutex(RecentMap<Key, Void>(capacity: 4096))

    /// What has to be logged about the class that `pod` mounts: all of its warnings the first time, then none.
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
