internal import AsyncSupport
internal import Azure
internal import ProviderCore
internal import SecretMemory
internal import Synchronization

/// The content that each volume of the node last received, and the outcome of its last mount, for `akv-csi status`.
///
/// It holds volumes whose status takes up to 4 MiB of JSON, at most a quarter of that for one namespace, and 256
/// objects of one volume. A forgotten volume is missing in the status until it is mounted again.
final class VolumeRegistry: Sendable {
    private struct State {
        var volumes = RecentMap<VolumeRecord.Name, VolumeRecord>(capacity: capacity)
        /// Whether the driver has requested a mounted volume again.
        var isRotating = false
    }

    private static let capacity = 4 << 20
    private static let retention = Duration.seconds(86400)
    /// A volume that is not requested for this time has probably lost its pod, if the driver still requests other
    /// volumes.
    private static let goneAfter = Duration.seconds(600)
    private static let retentionOfGone = Duration.seconds(3600)

    private let state = Mutex(State())
    private let time: TimeSource

    init(time: TimeSource) {
        self.time = time
    }

    /// Records a successful mount.
    func succeeded(_ pod: PodReference, _ targetPath: String, _ result: MountResult) {
        let now = time.elapsed()
        change(pod, targetPath, now) { $0.succeed(result, now) }
    }

    /// Records a mount with the same result as the volume's last successful mount, with all contents from memory.
    /// Returns false if that mount is no longer known.
    func repeated(_ pod: PodReference, _ targetPath: String) -> Bool {
        let now = time.elapsed()
        let name = VolumeRecord.Name(pod, targetPath)
        return state.withLock { state in
            guard state.volumes.use(name)?.lastSuccess != nil else { return false }
            state.isRotating = true
            state.volumes.update(name) { $0.succeedAgain(now) }
            return true
        }
    }

    /// Records a failed mount. `mount` is the validated class, if validation succeeded.
    func failed(_ pod: PodReference, _ targetPath: String, _ mount: ValidatedMount?, _ error: ProviderError) {
        let now = time.elapsed()
        change(pod, targetPath, now) { $0.fail(mount, error, now) }
    }

    private func change(
        _ pod: PodReference, _ targetPath: String, _ now: Duration, _ body: (inout VolumeRecord) -> Void
    ) {
        let name = VolumeRecord.Name(pod, targetPath)
        state.withLock { state in
            let known = state.volumes[name]
            if known?.lastSuccess != nil { state.isRotating = true }
            // The record is removed from the map first, because changing it in place would copy its objects.
            state.volumes.remove(name)
            var record = known ?? VolumeRecord(pod, targetPath)
            record.lastMount = now
            body(&record)
            state.volumes.store(name, record, cost: record.cost, owner: record.pod.namespace)
        }
    }

    /// Drops volumes that are no longer requested.
    func sweep() {
        let now = time.elapsed()
        state.withLock { state in
            let retention = state.isRotating ? Self.retentionOfGone : Self.retention
            state.volumes.removeAll { _, record in now - record.lastMount > retention }
        }
    }

    /// All volumes, ordered by namespace, pod and path, and whether the driver rotates them.
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

/// Converts times of the monotonic clock to times of day.
struct StatusClock {
    var elapsed: Duration
    var wallClock: Int

    func time(_ moment: Duration) -> Int { wallClock - Int((elapsed - moment).inSeconds.rounded()) }
}
