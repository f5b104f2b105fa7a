internal import AsyncSupport
internal import Azure
internal import ProviderCore
internal import SecretMemory

/// The memory of the mounts that are under way, of which each namespace has a share.
///
/// A mount that waits for Azure keeps its class, its plan and its results, about 2 KiB for each object. So a namespace
/// with many mounts at a slow vault could fill the node's memory. When its share is taken, its next mounts wait with
/// nothing but the request, and those of other namespaces go on. A namespace that has nothing under way never waits.
struct MountPlaces: Sendable {
    private static let capacity = 32 << 20
    /// What a mount takes in addition to its objects, with a margin. It bounds the number of small mounts, to 128 of
    /// one namespace.
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

/// The place of one mount. `leave` must be called at its end.
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

    /// Waits for the place that `take` did not get.
    mutating func wait(until deadline: Deadline) async throws(ProviderError) {
        isTaken = await budget.acquire(bytes, for: namespace, timeout: max(.zero, deadline.remaining))
        if isTaken { return }
        throw Task.isCancelled
            ? ProviderError(.cancelled, "the mount was given up while waiting for other mounts of its namespace")
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
