internal import AsyncSupport
internal import ProviderCore
internal import Synchronization

/// Remembers what each volume was last given, as one number for each object.
///
/// It remembers 262,144 objects (2 MiB), at most a quarter of them for one namespace. What is forgotten is logged once
/// more.
final class DeliveredVersions: Sendable {
    /// What a volume costs in addition to its objects.
    private static let volumeCost = 16

    private let volumes = Mutex(RecentMap<VolumeFingerprint, [Int]>(capacity: 1 << 18))

    /// Whether `digests` are what the volume was last given.
    func isLatest(_ digests: [Int], of volume: VolumeFingerprint) -> Bool {
        volumes.withLock { $0.use(volume) == digests }
    }

    /// Remembers `digests`, and says of each whether it is new to the volume.
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
