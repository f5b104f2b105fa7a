internal import AsyncSupport
internal import Azure
internal import ProviderCore
internal import SecretMemory
internal import Synchronization

/// Whether the pods of each SecretProviderClass are still given what is in the vault.
///
/// Once a pod runs the driver hides that a mount of its volume failed: the old files stay. So the transition
/// from success to failure, and back, is logged here.
///
/// It watches 1,000 classes with one volume each, or fewer with more volumes; one namespace takes at most a quarter of
/// that. Of a class it watches 512 volumes.
final class RotationHealth: Sendable {
    /// A transition of a class's health.
    enum Transition: Equatable {
        /// A volume that was filled before could not be, and all volumes of the class could until now.
        case failing
        /// The last such volume was filled again.
        case recovered(after: Duration)
        /// The last such volume has not been asked for any more: its pod is gone.
        case ended(after: Duration)
    }

    /// The same of one volume, for the pod it belongs to.
    enum VolumeTransition: Equatable {
        /// It was filled before and could not be; `isRepeated` if that is so already.
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

    /// One pod's volume: the same path in another pod is another volume.
    fileprivate struct VolumeName: Hashable {
        var podUID: String
        var targetPath: String
    }

    fileprivate struct Volume {
        var lastSeen: Duration
        var wasFilled = false
        var failingSince: Duration?
        /// Why it could not be filled the last time; nil when it could.
        var error: ErrorCode?

        var isFailing: Bool { failingSince != nil }
    }

    fileprivate struct Health {
        /// Seconds since 1970; nil before the first.
        var lastSuccess: Int?
        var volumes: [VolumeName: Volume] = [:]
        var failingSince: Duration?

        /// The codes with which volumes fail; nil alone while none does.
        var failures: Set<ErrorCode?> {
            let codes = Set(volumes.values.compactMap(\.error))
            return codes.isEmpty ? [nil] : Set(codes.map(Optional.some))
        }

        var isRotationFailing: Bool { volumes.values.contains { $0.wasFilled && $0.isFailing } }
    }

    private static let maximumVolumes = 512
    /// A class costs three, and each of its volumes one.
    private static let (capacity, classCost) = (4000, 3)
    private static let retention = Duration.seconds(86400)
    /// The kubelet comes back to a failing volume within about two minutes.
    private static let failingRetention = Duration.seconds(600)

    private let state = Mutex(RecentMap<ClassName, Health>(capacity: capacity))
    private let time: TimeSource

    init(time: TimeSource) {
        self.time = time
    }

    /// One mount of a class's volume, with the error's code if it failed.
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

    /// Forgets volumes and classes that are not asked for any more.
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

    /// Two families; none before the first mount.
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
                help: "When a volume of the class was last mounted, since 1970.", series: .gauge(successes)),
            MetricFamily(
                name: "akv_csi_mount_failing",
                help:
                    "1 for each code with which a volume of the class cannot be mounted, 0 without a code while there is "
                    + "none.",
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
        // A first mount that fails is reported by the kubelet itself.
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

    /// Forgets an eighth of the volumes: those that were not asked for the longest, and of these first the ones that are
    /// not failing. Several together, because each time all volumes are looked at.
    private mutating func makeRoom() {
        let oldest = volumes.sorted { a, b in
            a.value.isFailing == b.value.isFailing ? a.value.lastSeen < b.value.lastSeen : b.value.isFailing
        }
        for (name, _) in oldest.prefix(max(1, volumes.count / 8)) { volumes[name] = nil }
    }
}
