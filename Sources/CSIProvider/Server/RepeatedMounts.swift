internal import AsyncSupport
internal import Crypto
internal import ProviderCore
internal import ProviderTransport
internal import SecretMemory
internal import Synchronization

/// The SHA-256 digest of a Mount request, which identifies its bytes.
struct RequestDigest: Hashable, Sendable {
    private var digest: DigestKey

    /// The maximum size of a request that is hashed, in bytes. Nearly all requests are smaller.
    private static let maximumBytes = LargeRequests.smallBytes

    /// Creates the digest; nil for a large request.
    init?(_ message: MountRequestMessage) {
        guard message.attributes.count + message.secrets.count <= Self.maximumBytes else { return nil }
        var hash = SHA256()
        func add(_ bytes: UnsafeRawBufferPointer) {
            // Each text is preceded by its length, so that two different lists of texts never produce the same bytes.
            withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(bufferPointer: bytes)
        }
        func add(_ text: String) {
            var text = text
            text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
        }
        message.attributes.withUnsafeBytes { add($0) }
        message.secrets.withUnsafeBytes { add($0) }
        add(message.targetPath)
        add(message.permission)
        digest = hash.finalize().withUnsafeBytes { DigestKey($0) }
    }
}

/// A mount that can be repeated without reading its request again, while its condition holds.
struct RepeatableMount: Sendable {
    var pod: PodReference
    var condition: RepeatCondition
    var response: MountResponseMessage
    /// The log, audit and expiry warnings that the first call recorded.
    var log: MountLog
    var deliveries: AuditLog.Deliveries
    var endings: ExpiryWatch.Endings

    /// The approximate size in memory, in bytes. A class can ask for thousands of versions and have them all in one file,
    /// so everything that exists for each object counts, and not only its files.
    fileprivate var cost: Int {
        let files = response.files.reduce(0) { sum, file in
            var bytes = 0
            file.contents.withBytes { bytes = $0.count }
            return sum + 128 + file.path.utf8.count + bytes
        }
        let versions = response.objectVersions.reduce(0) { $0 + 96 + $1.id.utf8.count + $1.version.utf8.count }
        return (4 << 10) + files + versions + 128 * condition.entryCount + 96 * endings.count
    }
}

/// The last mount of each volume, for the driver's next call with an identical request.
///
/// The driver repeats the call for each running pod about every minute, and nearly always nothing has changed. Such a
/// call then needs only a hash of the request and a check of each cache entry. This cache holds 3 MiB, at most half of
/// it for one namespace. It keeps an entry that the value cache has dropped until the next sweep at most. Any other call
/// for the volume replaces the entry or removes it.
final class RepeatedMounts: Sendable {
    private struct State {
        var mounts = RecentMap<RequestDigest, RepeatableMount>(capacity: capacity, ownerShare: capacity / 2)
        /// The last request of each volume, so that a volume has only one entry even when its token or class changes.
        var requests = RecentMap<VolumeRecord.Name, RequestDigest>(capacity: 4096)

        mutating func remove(_ name: VolumeRecord.Name) {
            guard let digest = requests[name] else { return }
            requests.remove(name)
            mounts.remove(digest)
        }
    }

    private static let capacity = 3 << 20

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.mounts.count } }

    func find(_ digest: RequestDigest) -> RepeatableMount? {
        state.withLock { $0.mounts.use(digest) }
    }

    func store(_ mount: RepeatableMount, for digest: RequestDigest, at name: VolumeRecord.Name) {
        let namespace = mount.pod.namespace
        state.withLock { state in
            state.remove(name)
            state.requests.store(name, digest, owner: namespace)
            state.mounts.store(digest, mount, cost: mount.cost, owner: namespace)
        }
    }

    /// Drops the last mount of a volume.
    func remove(_ name: VolumeRecord.Name) {
        state.withLock { $0.remove(name) }
    }

    /// Drops the mounts whose condition `isHeld` does not accept.
    func sweep(keeping isHeld: (RepeatCondition) -> Bool) {
        let all = state.withLock { $0.mounts.all }
        let outdated = all.filter { !isHeld($0.value.condition) }.map(\.key)
        state.withLock { state in
            for digest in outdated { state.mounts.remove(digest) }
        }
    }
}
