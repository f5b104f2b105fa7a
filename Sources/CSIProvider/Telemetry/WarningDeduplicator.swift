internal import ProviderCore
internal import Synchronization

/// Remembers which warnings about a SecretProviderClass are in the log: the kubelet has each volume asked for
/// again about every minute, and nobody wants to read the same that often.
final class WarningDeduplicator: Sendable {
    private struct Key: Hashable {
        var name: RotationHealth.ClassName
        /// Of all its warnings: a class that changes is told of anew.
        var digest: Int
    }

    private static let maximumKeys = 4096
    /// Of one class at once.
    private static let maximumLines = 20

    private let told = Mutex<Set<Key>>([])

    /// What has to be told of the class that `pod` mounts: all of its warnings the first time, then none.
    func new(_ warnings: [String], for pod: PodReference) -> [String] {
        if warnings.isEmpty { return [] }
        let key = Key(name: RotationHealth.ClassName(pod), digest: warnings.hashValue)
        let isNew = told.withLock { told in
            // Having told too many, it tells some twice.
            if told.count >= Self.maximumKeys { told = [] }
            return told.insert(key).inserted
        }
        guard isNew else { return [] }
        let rest = warnings.count - Self.maximumLines
        return warnings.prefix(Self.maximumLines) + (rest > 0 ? ["and \(rest) more, see akv-csi check"] : [])
    }
}
