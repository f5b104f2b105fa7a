internal import AsyncSupport
internal import Azure
internal import Crypto
internal import ProviderCore
package import ProviderTransport
internal import SecretMemory
internal import Synchronization

/// The bytes of a Mount request, as one number that no other request has (SHA-256).
package struct RequestDigest: Hashable, Sendable {
    private var digest: ByteKey

    /// The largest request that is hashed, in bytes. Nearly all are smaller.
    private static let maximumBytes = 64 << 10

    /// Nil for a large request.
    package init?(_ message: MountRequestMessage) {
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

/// A mount that can be answered once more without reading its request again: nothing that it depends on has changed.
struct RepeatableMount: Sendable {
    var volume: VolumeFingerprint
    var result: MountResult
    /// What the result was made of.
    var basis: FetchBasis
    /// The rules that permitted it; nil without a policy.
    var policyGeneration: Int?
    /// When the pod's token expires, in seconds since 1970: from then on the request is refused.
    var validUntil: Int
    /// How old the contents may be.
    var maximumAge: Duration

    var pod: PodReference { result.mount.attributes.pod }
}

/// The last mount of each volume, for the driver's next call with the very same request.
///
/// The driver repeats the call for each running pod about every minute, and nearly always nothing has changed. Such a
/// call costs a hash of the request and a look at each cache entry. It keeps 4 MiB, at most a quarter for one namespace,
/// and nothing that the value cache has dropped for longer than one sweep.
final class RepeatedMounts: Sendable {
    private static let capacity = 4 << 20
    /// What a mount takes in addition to its objects and files, in bytes, roughly.
    private static let mountCost = 4 << 10
    private static let objectCost = 1 << 10

    private let mounts = Mutex(RecentMap<RequestDigest, RepeatableMount>(capacity: capacity))
    /// The request by which each volume was last mounted, so that a volume is kept once, whatever its token is.
    private let requests = Mutex(RecentMap<VolumeFingerprint, RequestDigest>(capacity: 4096))

    var count: Int { mounts.withLock { $0.count } }

    /// The mount that `digest` repeats, if it is still valid for the pod's token and the policy.
    func find(_ digest: RequestDigest, now: Int, policyGeneration: Int?) -> RepeatableMount? {
        mounts.withLock { mounts in
            guard let mount = mounts.use(digest) else { return nil }
            guard now < mount.validUntil, mount.policyGeneration == policyGeneration else {
                mounts.remove(digest)
                return nil
            }
            return mount
        }
    }

    func store(_ mount: RepeatableMount, for digest: RequestDigest) {
        let files = mount.result.response.files
        let cost =
            Self.mountCost + Self.objectCost * mount.result.plan.items.count
            + files.reduce(0) { $0 + $1.contents.count }
        let earlier = requests.withLock { requests in
            let earlier = requests[mount.volume]
            requests.store(mount.volume, digest, owner: mount.pod.namespace)
            return earlier
        }
        mounts.withLock { mounts in
            if let earlier, earlier != digest { mounts.remove(earlier) }
            mounts.store(digest, mount, cost: cost, owner: mount.pod.namespace)
        }
    }

    /// Forgets the mounts that `isHeld` does not want.
    func sweep(keeping isHeld: (RepeatableMount) -> Bool) {
        let all = mounts.withLock { $0.all }
        let outdated = all.filter { !isHeld($0.value) }.map(\.key)
        mounts.withLock { mounts in
            for digest in outdated { mounts.remove(digest) }
        }
    }

    func removeAll() {
        mounts.withLock { $0.removeAll { _, _ in true } }
    }
}

extension Identity {
    /// Until when a request with this identity stays valid, in seconds since 1970. Nil where that cannot be told.
    var validUntil: Int? {
        switch self {
        case .workloadIdentity(_, let token), .azureTokenProxy(_, let token): token.claims?.expiry
        case .servicePrincipal, .podIdentity, .vmManagedIdentity: .max
        case .certificatePrincipal: nil
        }
    }
}
