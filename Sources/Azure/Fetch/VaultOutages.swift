internal import AsyncSupport
internal import ProviderCore
internal import Synchronization

/// Remembers which vaults with a fallback vault were not available recently. A flapping vault then does not make the
/// contents of volumes flap, and mounts do not wait for it again.
///
/// Each principal has its own entries, so that one workload does not affect another. It holds 1,000 outages, at most
/// 250 of one namespace.
final class VaultOutages: Sendable {
    private struct Key: Hashable {
        var principal: Principal
        var host: String

        init(_ source: MountPlan.Source) {
            principal = source.principal
            host = source.vault.host
        }
    }

    /// The time for which the fallback vault is tried first.
    static let retention = Duration.seconds(300)

    private let endings = Mutex(RecentMap<Key, Duration>(capacity: 1000))
    private let time: TimeSource

    init(time: TimeSource) {
        self.time = time
    }

    func isRecent(_ source: MountPlan.Source) -> Bool {
        let now = time.elapsed()
        return endings.withLock { endings in endings[Key(source)].map { now < $0 } ?? false }
    }

    func begin(_ source: MountPlan.Source) {
        let now = time.elapsed()
        endings.withLock { endings in
            endings.sweep(now: now)
            let end = now + Self.retention
            endings.store(Key(source), end, owner: source.authentication.pod.namespace, keepUntil: end)
        }
    }

    func end(_ source: MountPlan.Source) {
        endings.withLock { _ = $0.remove(Key(source)) }
    }
}
