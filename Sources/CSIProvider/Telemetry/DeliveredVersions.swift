internal import ProviderCore
internal import Synchronization

/// Remembers what each volume was last given, as one number for each object.
///
/// It forgets the longest unused when there are too many. What is forgotten is told once more.
final class DeliveredVersions: Sendable {
    private struct State {
        var recent: [VolumeFingerprint: [Int]] = [:]
        var older: [VolumeFingerprint: [Int]] = [:]
    }

    private static let maximumRecent = 1024

    private let state = Mutex(State())

    /// Remembers `digests`, and says of each whether it is new to the volume.
    func replace(_ volume: VolumeFingerprint, with digests: [Int]) -> [Bool] {
        state.withLock { state in
            let earlier = state.recent[volume] ?? state.older[volume] ?? []
            if state.recent[volume] == nil, state.recent.count >= Self.maximumRecent {
                state.older = state.recent
                state.recent = [:]
            }
            state.recent[volume] = digests
            return digests.enumerated().map { index, digest in
                !earlier.indices.contains(index) || earlier[index] != digest
            }
        }
    }
}
