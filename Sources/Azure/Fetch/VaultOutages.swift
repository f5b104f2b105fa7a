internal import ProviderCore
internal import Synchronization

/// Remembers which vaults with a fallback could not be asked lately, so that a vault that comes and goes
/// does not make the volumes' contents come and go with it, and no mount waits for it anew.
///
/// Kept for each principal apart: what one workload meets says nothing to another.
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
    private static let maximum = 1000

    private let endings = Mutex<[Key: Duration]>([:])
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
            if endings.count >= Self.maximum { endings = endings.filter { now < $0.value } }
            if endings.count < Self.maximum { endings[Key(source)] = now + Self.retention }
        }
    }

    func end(_ source: MountPlan.Source) {
        endings.withLock { endings in endings[Key(source)] = nil }
    }
}
