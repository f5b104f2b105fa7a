internal import AsyncSupport
internal import Azure
internal import ProviderCore
internal import SecretMemory
internal import Synchronization

/// What each volume of the node was last given, and how its last mount ended, for `akv-csi status`.
///
/// It remembers volumes whose status takes 4 MiB of JSON, at most a quarter of that for one namespace, and 256 objects of
/// one volume. A forgotten volume is missing in the status until it is mounted again.
final class VolumeRegistry: Sendable {
    private struct State {
        var volumes = RecentMap<VolumeRecord.Name, VolumeRecord>(capacity: capacity)
        /// The driver asks for volumes again that it has filled.
        var isRotating = false
    }

    private static let capacity = 4 << 20
    private static let retention = Duration.seconds(86400)
    /// While the driver asks for other volumes, one that it does not ask for has lost its pod.
    private static let goneAfter = Duration.seconds(600)
    private static let retentionOfGone = Duration.seconds(3600)

    private let state = Mutex(State())
    private let time: TimeSource

    init(time: TimeSource) {
        self.time = time
    }

    /// A mount that succeeded.
    func succeeded(_ pod: PodReference, _ targetPath: String, _ result: MountResult) {
        let now = time.elapsed()
        change(pod, targetPath, now) { $0.succeed(result, now) }
    }

    /// A mount with the same result as the last one that succeeded, all of it from memory. Returns false if that one has
    /// been forgotten.
    func repeated(_ pod: PodReference, _ targetPath: String) -> Bool {
        let now = time.elapsed()
        let name = VolumeRecord.Name(podUID: pod.uid, pod: pod.name, targetPath: targetPath)
        return state.withLock { state in
            guard state.volumes.use(name)?.lastSuccess != nil else { return false }
            state.isRotating = true
            state.volumes.update(name) { $0.succeedAgain(now) }
            return true
        }
    }

    /// A mount that failed. `mount` is what is known of the class.
    func failed(_ pod: PodReference, _ targetPath: String, _ mount: ValidatedMount?, _ error: ProviderError) {
        let now = time.elapsed()
        change(pod, targetPath, now) { $0.fail(mount, error, now) }
    }

    private func change(
        _ pod: PodReference, _ targetPath: String, _ now: Duration, _ body: (inout VolumeRecord) -> Void
    ) {
        let name = VolumeRecord.Name(podUID: pod.uid, pod: pod.name, targetPath: targetPath)
        state.withLock { state in
            let known = state.volumes[name]
            if known?.lastSuccess != nil { state.isRotating = true }
            // The map must not hold the record while it is changed, or the change would copy its objects.
            state.volumes.remove(name)
            var record = known ?? VolumeRecord(pod, targetPath)
            record.lastMount = now
            body(&record)
            state.volumes.store(name, record, cost: record.cost, owner: record.pod.namespace)
        }
    }

    /// Forgets volumes that are not asked for any more.
    func sweep() {
        let now = time.elapsed()
        state.withLock { state in
            let retention = state.isRotating ? Self.retentionOfGone : Self.retention
            state.volumes.removeAll { _, record in now - record.lastMount > retention }
        }
    }

    /// All volumes, by namespace, pod and path, and whether the driver rotates.
    var statuses: (volumes: [VolumeStatus], isRotating: Bool) {
        let clock = StatusClock(elapsed: time.elapsed(), wallClock: time.wallClock())
        let (records, isRotating) = state.withLock { ($0.volumes.all.map(\.value), $0.isRotating) }
        let volumes = records.map { record in
            var status = record.status(clock)
            status.isGone = isRotating && clock.elapsed - record.lastMount > Self.goneAfter
            return status
        }
        return (
            volumes.sorted { ($0.namespace, $0.pod, $0.targetPath) < ($1.namespace, $1.pod, $1.targetPath) }, isRotating
        )
    }
}

/// Turns moments of the clock that never goes back into times of day.
struct StatusClock {
    var elapsed: Duration
    var wallClock: Int

    func time(_ moment: Duration) -> Int { wallClock - Int((elapsed - moment).inSeconds.rounded()) }
}
