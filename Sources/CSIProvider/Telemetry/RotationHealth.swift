internal import AsyncSupport
internal import Azure
internal import ProviderCore
internal import SecretMemory
internal import Synchronization

/// Watches whether the volumes of each SecretProviderClass still receive the vault's content.
///
/// When a pod is running, the driver hides failed mounts of its volume: the old files stay. This type therefore detects
/// when the mounts of a class begin to fail, and when they work again.
///
/// It watches 1,000 classes with one volume each, or fewer classes with more volumes; one namespace can use a quarter
/// of that. It watches up to 512 volumes of a class.
final class RotationHealth: Sendable {
    /// A change of a class's health.
    enum Transition: Equatable {
        /// A volume that was mounted before failed, and no other volume of the class is failing.
        case failing
        /// The last failing volume of the class was mounted successfully.
        case recovered(after: Duration)
        /// The driver no longer requests the last failing volume, because its pod is gone.
        case ended(after: Duration)
    }

    /// A change of one volume's health, for its pod.
    enum VolumeTransition: Equatable {
        /// The volume was mounted before and failed now. `isRepeated` is true if it was failing already.
        case failing(isRepeated: Bool)
        case recovered(after: Duration)
    }

    struct ClassName: Hashable, Comparable {
        var namespace: String
        var name: String

        init(_ pod: PodReference) {
            namespace = pod.namespace.clipped
            name = pod.secretProviderClass.clipped
        }

        static func < (a: ClassName, b: ClassName) -> Bool { (a.namespace, a.name) < (b.namespace, b.name) }
    }

    /// The volume of one pod: the same path in another pod is a different volume.
    fileprivate struct VolumeName: Hashable {
        var podUID: String
        var targetPath: String
    }

    fileprivate struct Volume {
        var lastSeen: Duration
        var wasFilled = false
        var failingSince: Duration?
        /// The code of the last failure; nil if the last mount succeeded.
        var error: ErrorCode?

        var isFailing: Bool { failingSince != nil }
    }

    fileprivate struct Health {
        /// The time of the last success in seconds since 1970; nil before the first one.
        var lastSuccess: Int?
        var volumes: [VolumeName: Volume] = [:]
        var failingSince: Duration?

        /// The codes of the failing volumes; only nil if no volume fails.
        var failures: Set<ErrorCode?> {
            let codes = Set(volumes.values.compactMap(\.error))
            return codes.isEmpty ? [nil] : Set(codes.map(Optional.some))
        }

        var isRotationFailing: Bool { volumes.values.contains { $0.wasFilled && $0.isFailing } }
    }

    private static let maximumVolumes = 512
    /// A class counts three, and each of its volumes one.
    private static let (capacity, classCost) = (4000, 3)
    private static let retention = Duration.seconds(86400)
    /// The kubelet retries a failing volume within about two minutes.
    private static let failingRetention = Duration.seconds(600)

    private let state = Mutex(RecentMap<ClassName, Health>(capacity: capacity))
    private let time: TimeSource

    init(time: TimeSource) {
        self.time = time
    }

    /// Records one mount of a class's volume, with the error's code if it failed, and returns the changes that it
    /// caused.
    func observe(
        _ pod: PodReference, _ targetPath: String, _ error: ErrorCode?
    ) -> (class: Transition?, volume: VolumeTransition?) {
        let now = time.elapsed()
        let wallClock = time.wallClock()
        let name = ClassName(pod)
        let volume = VolumeName(podUID: pod.uid, targetPath: targetPath)
        return state.withLock { classes in
            var health = classes[name] ?? Health()
            classes.remove(name)
            let transitions = health.observe(
                volume, error, now, wallClock, maximumVolumes: Self.maximumVolumes)
            classes.store(
                name, health, cost: Self.classCost + health.volumes.count, owner: name.namespace,
                keepUntil: now + Self.retention)
            return transitions
        }
    }

    /// Drops volumes and classes that are no longer requested, and returns the changes that this causes.
    func sweep() -> [(name: ClassName, transition: Transition)] {
        let now = time.elapsed()
        return state.withLock { classes in
            classes.sweep(now: now)
            var transitions: [(name: ClassName, transition: Transition)] = []
            for name in classes.all.map(\.key).sorted() {
                classes.update(name) { health in
                    health.volumes = health.volumes.filter { _, volume in
                        now - volume.lastSeen < (volume.isFailing ? Self.failingRetention : Self.retention)
                    }
                    if let since = health.failingSince, !health.isRotationFailing {
                        health.failingSince = nil
                        transitions.append((name, .ended(after: now - since)))
                    }
                }
            }
            return transitions
        }
    }

    /// Two metric families, or none before the first mount.
    var families: [MetricFamily] {
        let classes = state.withLock { Array($0.all) }
        if classes.isEmpty { return [] }
        let successes = classes.compactMap { name, health in
            health.lastSuccess.map { (labels: name.metricLabels, value: $0) }
        }
        let failures = classes.flatMap { name, health in
            health.failures.map { code in
                (labels: name.metricLabels + [(name: "code", value: code?.rawValue ?? "")], value: code == nil ? 0 : 1)
            }
        }
        return [
            MetricFamily(
                name: "akv_csi_mount_last_success_timestamp_seconds",
                help: "Time of the last successful mount of a volume of the class, in seconds since 1970.",
                series: .gauge(successes)),
            MetricFamily(
                name: "akv_csi_mount_failing",
                help:
                    "1 for each code with which a volume of the class cannot be mounted, 0 without a code while all of "
                    + "them work.",
                series: .gauge(failures)),
        ]
    }
}

extension RotationHealth.ClassName {
    var metricLabels: MetricFamily.Labels { [("namespace", namespace), ("secret_provider_class", name)] }
}

extension RotationHealth.Health {
    fileprivate mutating func observe(
        _ name: RotationHealth.VolumeName, _ error: ErrorCode?, _ now: Duration, _ wallClock: Int, maximumVolumes: Int
    ) -> (class: RotationHealth.Transition?, volume: RotationHealth.VolumeTransition?) {
        let succeeded = error == nil
        if volumes[name] == nil, volumes.count >= maximumVolumes { makeRoom() }
        var volume = volumes[name] ?? RotationHealth.Volume(lastSeen: now)
        let before = volume
        volume.lastSeen = now
        volume.wasFilled = before.wasFilled || succeeded
        volume.failingSince = succeeded ? nil : before.failingSince ?? now
        volume.error = error
        volumes[name] = volume
        if succeeded { lastSuccess = wallClock }
        // The kubelet itself reports a first mount that fails.
        guard before.wasFilled else { return (nil, nil) }
        guard succeeded else {
            defer { failingSince = failingSince ?? now }
            return (failingSince == nil ? .failing : nil, .failing(isRepeated: before.isFailing))
        }
        let recovery = before.failingSince.map { RotationHealth.VolumeTransition.recovered(after: now - $0) }
        guard let since = failingSince, !isRotationFailing else { return (nil, recovery) }
        failingSince = nil
        return (.recovered(after: now - since), recovery)
    }

    /// Drops an eighth of the volumes: first those that do not fail, and of these the ones with the oldest last request.
    /// It drops several at a time, because each time it has to compare all volumes.
    private mutating func makeRoom() {
        let oldest = volumes.sorted { a, b in
            a.value.isFailing == b.value.isFailing ? a.value.lastSeen < b.value.lastSeen : b.value.isFailing
        }
        for (name, _) in oldest.prefix(max(1, volumes.count / 8)) { volumes[name] = nil }
    }
}
