internal import AsyncSupport
internal import ProviderCore
internal import Synchronization

/// Remembers the content that each volume last received, as one number for each object.
///
/// It holds 262,144 objects (2 MiB), at most a quarter of them for one namespace. A forgotten delivery is logged again.
final class DeliveredVersions: Sendable {
    /// The memory of a volume in addition to its objects, in the unit of one object.
    private static let volumeCost = 16

    private let volumes = Mutex(RecentMap<VolumeFingerprint, [Int]>(capacity: 1 << 18))

    /// Whether the volume last received `digests`.
    func isLatest(_ digests: [Int], of volume: VolumeFingerprint) -> Bool {
        volumes.withLock { $0.use(volume) == digests }
    }

    /// Stores `digests`, and returns for each of them whether it is new to the volume.
    func replace(_ volume: VolumeFingerprint, of namespace: String, with digests: [Int]) -> [Bool] {
        volumes.withLock { volumes in
            let earlier = volumes.use(volume) ?? []
            if earlier == digests { return [Bool](repeating: false, count: digests.count) }
            volumes.store(volume, digests, cost: Self.volumeCost + digests.count, owner: namespace)
            return digests.enumerated().map { index, digest in
                !earlier.indices.contains(index) || earlier[index] != digest
            }
        }
    }
}
