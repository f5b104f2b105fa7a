internal import ProviderCore
internal import Synchronization

/// Remembers which volumes this process has filled, to tell a new pod's first mount from the kubelet's
/// later calls for it.
///
/// It forgets the longest unused when there are too many. A forgotten volume is taken for a new one,
/// which costs requests and nothing else.
final class KnownVolumes: Sendable {
    private struct State {
        var recent: Set<VolumeFingerprint> = []
        var older: Set<VolumeFingerprint> = []
    }

    private static let maximumRecent = 4096

    private let state = Mutex(State())

    func contains(_ volume: VolumeFingerprint) -> Bool {
        state.withLock { $0.recent.contains(volume) || $0.older.contains(volume) }
    }

    func insert(_ volume: VolumeFingerprint) {
        state.withLock { state in
            guard state.recent.insert(volume).inserted, state.recent.count >= Self.maximumRecent else { return }
            state.older = state.recent
            state.recent = []
        }
    }
}
