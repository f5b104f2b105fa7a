internal import AsyncSupport
internal import Azure
internal import ProviderCore
internal import SecretMemory

/// The content that one volume last received, and the outcome of its last mount.
struct VolumeRecord: Sendable {
    /// The volume of one pod: the same path in another pod is a different volume.
    struct Name: Hashable, Sendable {
        var podUID: String
        var pod: String
        var targetPath: String

        init(_ pod: PodReference, _ targetPath: String) {
            podUID = pod.uid
            self.pod = pod.name
            self.targetPath = targetPath
        }
    }

    private struct Object {
        var type: KeyVaultObject.ObjectType
        var name: String
        var version: String?
        var vault: String
        var clientID: String?
        var fetchedAt: Duration?
        var expires: Int?
        var source: ContentSource?
        var isFromFallback = false
    }

    private struct Failure {
        var code: ErrorCode
        var message: String
        var at: Duration
        var since: Duration?
    }

    private static let maximumObjects = 256

    let pod: PodReference
    private let targetPath: String
    private var identity: VolumeStatus.Identity?
    private var vault: String?
    var lastMount = Duration.zero
    private(set) var lastSuccess: Duration?
    private var refreshInterval = Duration.zero
    private var isStale = false
    private var isFailing = false
    private var error: Failure?
    private var objects: [Object] = []
    private var omittedObjects = 0

    init(_ pod: PodReference, _ targetPath: String) {
        var pod = pod
        pod.name = pod.name.clipped
        pod.namespace = pod.namespace.clipped
        pod.uid = pod.uid.clipped
        pod.serviceAccount = pod.serviceAccount.clipped
        pod.secretProviderClass = pod.secretProviderClass.clipped
        self.pod = pod
        self.targetPath = targetPath.bounded(toBytes: 512)
    }

    mutating func succeed(_ result: MountResult, _ now: Duration) {
        note(result.mount.attributes.validated)
        lastSuccess = now
        refreshInterval = result.refreshInterval
        isFailing = false
        error?.since = nil
        isStale = false
        objects.removeAll(keepingCapacity: true)
        omittedObjects = 0
        for (item, (versions, sources)) in zip(
            result.plan.items, zip(result.contents.items, result.contents.sources))
        {
            add(item, versions, sources, result.plan)
        }
        guard isStale, let cause = result.contents.staleCause else { return }
        error = Failure(
            code: cause.code, message: cause.headText, at: now, since: error?.since ?? now)
    }

    /// Records another mount with the same result, with all contents from memory.
    mutating func succeedAgain(_ now: Duration) {
        lastMount = now
        lastSuccess = now
        isFailing = false
        error?.since = nil
        isStale = false
        for index in objects.indices where objects[index].source != nil { objects[index].source = .cached }
    }

    mutating func fail(_ mount: ValidatedMount?, _ error: ProviderError, _ now: Duration) {
        if let mount { note(mount) }
        let since = isFailing || isStale ? self.error?.since : nil
        isFailing = true
        self.error = Failure(code: error.code, message: error.headText, at: now, since: since ?? now)
    }

    private mutating func note(_ mount: ValidatedMount) {
        let new = VolumeStatus.Identity(
            mode: mount.identity.mode.rawValue, clientID: mount.identity.clientID.clipped, tenantID: mount.tenantID)
        if identity != new { identity = new }
        if vault != mount.vaultName { vault = mount.vaultName }
    }

    private mutating func add(
        _ item: MountPlan.Item, _ versions: [FetchedVersion], _ sources: [ContentSource], _ plan: MountPlan
    ) {
        let source = plan.sources[item.source]
        var object = Object(
            type: item.object.type, name: item.object.name, vault: source.vault.name,
            clientID: item.object.source.clientID == nil ? nil : source.authentication.identity.clientID)
        if versions.isEmpty { append(object) }
        for (version, origin) in zip(versions, sources) {
            if origin == .stale { isStale = true }
            object.version = version.item.version
            object.vault = version.vault.name
            object.fetchedAt = version.fetchedAt
            object.expires = version.attributes.expires
            object.source = origin
            object.isFromFallback = version.isFromFallback
            append(object)
        }
    }

    private mutating func append(_ object: Object) {
        if objects.count < Self.maximumObjects { objects.append(object) } else { omittedObjects += 1 }
    }

    /// The approximate size of the volume's status as JSON in bytes, which is larger than its size in memory.
    var cost: Int {
        objects.reduce(1024 + targetPath.utf8.count + (error?.message.utf8.count ?? 0)) { total, object in
            total + 256 + object.name.utf8.count + (object.version?.utf8.count ?? 0)
        }
    }

    func status(_ clock: StatusClock) -> VolumeStatus {
        var status = VolumeStatus(
            namespace: pod.namespace.visible, pod: pod.name.visible, podUID: pod.uid.visible,
            serviceAccount: pod.serviceAccount.visible, className: pod.secretProviderClass.visible,
            targetPath: targetPath.visible, state: isFailing ? .failing : isStale ? .stale : .ok,
            lastMountAt: clock.time(lastMount), objects: objects.map { Self.status($0, clock) })
        status.identity = identity.map { identity in
            VolumeStatus.Identity(
                mode: identity.mode, clientID: identity.clientID.visible, tenantID: identity.tenantID.visible)
        }
        status.vault = vault?.visible
        status.lastSuccessAt = lastSuccess.map(clock.time)
        if !isFailing, refreshInterval > .zero, let oldest = objects.compactMap(\.fetchedAt).min() {
            status.nextRefreshAt = clock.time(oldest + refreshInterval)
        }
        status.lastError = error.map { error in
            VolumeStatus.Failure(
                code: error.code.rawValue, message: error.message, at: clock.time(error.at),
                since: error.since.map(clock.time))
        }
        status.omittedObjects = omittedObjects
        return status
    }

    private static func status(_ object: Object, _ clock: StatusClock) -> ObjectStatus {
        var status = ObjectStatus(
            type: object.type.rawValue, name: object.name.clipped.visible, version: object.version?.clipped.visible,
            vault: object.vault.visible)
        status.clientID = object.clientID?.clipped.visible
        status.confirmedAt = object.fetchedAt.map(clock.time)
        status.expiresAt = object.expires
        status.source = object.source?.rawValue
        status.isFromFallback = object.isFromFallback
        return status
    }
}
