internal import AsyncSupport
internal import Crypto
internal import ProviderCore
internal import ProviderTransport
internal import SecretMemory
internal import Synchronization

/// The bytes of a Mount request, as one number that no other request has (SHA-256).
struct RequestDigest: Hashable, Sendable {
    private var digest: ByteKey

    /// The largest request that is hashed, in bytes. Nearly all are smaller.
    private static let maximumBytes = LargeRequests.smallBytes

    /// Nil for a large request.
    init?(_ message: MountRequestMessage) {
        guard message.attributes.count + message.secrets.count <= Self.maximumBytes else { return nil }
        var hash = SHA256()
        func add(_ bytes: UnsafeRawBufferPointer) {
            // With its length, so that no two lists of texts run together to the same bytes.
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
        digest = ByteKey(hash.finalize())
    }
}

/// A mount that is answered once more without reading its request again, if its condition holds.
struct RepeatableMount: Sendable {
    var pod: PodReference
    var condition: RepeatCondition
    var response: MountResponseMessage
    /// For the log, the audit and the warnings of objects that expire: what the first call recorded.
    var log: MountLog
    var deliveries: AuditLog.Deliveries
    var endings: ExpiryWatch.Endings

    /// Its size in memory in bytes, roughly.
    fileprivate var cost: Int {
        response.files.reduce(4 << 10) { sum, file in
            var bytes = 0
            file.contents.withBytes { bytes = $0.count }
            return sum + 512 + bytes
        }
    }
}

/// The last mount of each volume, for the driver's next call with the very same request.
///
/// The driver repeats the call for each running pod about every minute, and nearly always nothing has changed. Such a
/// call costs a hash of the request and a look at each cache entry. It keeps 3 MiB, at most half of it for one
/// namespace, and nothing that the value cache has dropped for longer than one sweep.
final class RepeatedMounts: Sendable {
    private struct State {
        var mounts = RecentMap<RequestDigest, RepeatableMount>(capacity: capacity, ownerShare: capacity / 2)
        /// By which request each volume was mounted last, so that a volume is kept once, whatever its token is.
        var requests = RecentMap<VolumeFingerprint, RequestDigest>(capacity: 4096)
    }

    private static let capacity = 3 << 20

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.mounts.count } }

    func find(_ digest: RequestDigest) -> RepeatableMount? {
        state.withLock { $0.mounts.use(digest) }
    }

    func store(_ mount: RepeatableMount, for digest: RequestDigest) {
        let (volume, namespace) = (mount.condition.volume, mount.pod.namespace)
        state.withLock { state in
            if let earlier = state.requests[volume] { state.mounts.remove(earlier) }
            state.requests.store(volume, digest, owner: namespace)
            state.mounts.store(digest, mount, cost: mount.cost, owner: namespace)
        }
    }

    /// Forgets the mounts whose condition `isHeld` does not accept.
    func sweep(keeping isHeld: (RepeatCondition) -> Bool) {
        let all = state.withLock { $0.mounts.all }
        let outdated = all.filter { !isHeld($0.value.condition) }.map(\.key)
        state.withLock { state in
            for digest in outdated { state.mounts.remove(digest) }
        }
    }
}
