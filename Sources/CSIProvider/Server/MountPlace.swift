internal import AsyncSupport
internal import Azure
internal import ProviderCore
internal import SecretMemory

/// Limits the memory of each namespace's running mounts.
///
/// A mount that waits for Azure holds its class, its plan and its results, about 2 KiB for each object. Without a
/// limit, a namespace with many mounts at a slow vault could fill the node's memory. If its share is used up, its next
/// mounts wait and hold only the request, while mounts of other namespaces continue. A namespace without running mounts
/// never waits.
struct MountPlaces: Sendable {
    private static let capacity = 32 << 20
    /// The memory of a mount in addition to its objects, in bytes, with a margin. It limits a namespace to 128 small
    /// mounts.
    private static let mountBytes = 64 << 10
    private static let objectBytes = 2 << 10

    private let budget = FairBudget(capacity: capacity, ownerShare: capacity / 4)

    /// A place that is not taken yet.
    var place: MountPlace { MountPlace(budget: budget) }

    /// The number of mounts that wait for a place.
    var waiting: Int { budget.waiting }

    fileprivate static func bytes(of objects: [KeyVaultObject]) -> Int {
        mountBytes + objects.reduce(0) { $0 + objectBytes * max(1, $1.selector?.maximum ?? 1) }
    }
}

/// The place of one mount. The owner must call `leave` when the mount ends.
struct MountPlace: Sendable {
    private let budget: FairBudget
    private var namespace = ""
    private var bytes = 0
    private var isTaken = false

    fileprivate init(budget: FairBudget) {
        self.budget = budget
    }

    /// Takes the place for a mount of `objects`. Returns false if the mount has to wait.
    mutating func take(_ objects: [KeyVaultObject], of namespace: String) -> Bool {
        if isTaken { return true }
        (self.namespace, bytes) = (namespace, MountPlaces.bytes(of: objects))
        isTaken = budget.tryAcquire(bytes, for: namespace)
        return isTaken
    }

    /// Waits for the place that `take` did not get. Throws if the task is cancelled or `deadline` passes.
    mutating func wait(until deadline: Deadline) async throws(ProviderError) {
        isTaken = await budget.acquire(bytes, for: namespace, timeout: max(.zero, deadline.remaining))
        if isTaken { return }
        throw Task.isCancelled
            ? ProviderError(.cancelled, "the mount was cancelled while waiting for other mounts of its namespace")
            : ProviderError(
                .timedOut,
                "the mount's time was used up while it waited for other mounts of the namespace \(namespace.clipped)"
                    + " on this node, which take up the namespace's share of the memory for mounts",
                hint: "find out why those mounts are slow, spread the namespace's pods over more nodes,"
                    + " or mount fewer objects with each")
    }

    func leave() {
        if isTaken { budget.release(bytes, for: namespace) }
    }
}
