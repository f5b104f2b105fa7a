internal import AsyncSupport
internal import ProviderCore
internal import Synchronization

/// Remembers which volumes this process has mounted, to distinguish a new pod's first mount from the kubelet's later
/// calls for it.
///
/// It holds 4,096 volumes, at most 1,024 of one namespace. A forgotten volume counts as new, which only causes more
/// requests.
final class KnownVolumes: Sendable {
    private let volumes = Mutex(RecentMap<VolumeFingerprint, Void>(capacity: 4096))

    func contains(_ volume: VolumeFingerprint) -> Bool {
        volumes.withLock { $0.use(volume) != nil }
    }

    func insert(_ volume: VolumeFingerprint, of namespace: String) {
        volumes.withLock { _ = $0.store(volume, (), owner: namespace) }
    }
}
