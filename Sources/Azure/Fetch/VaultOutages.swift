internal import AsyncSupport
internal import ProviderCore
internal import Synchronization

/// Remembers which vaults with a fallback could not be asked lately, so that a vault that comes and goes
/// does not make the volumes' contents come and go with it, and no mount waits for it again.
///
/// Kept for each principal apart: what one workload meets says nothing to another. It remembers 1,000 outages, at most
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

    /// How long the other vault is asked first.
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
