internal import AsyncSupport
internal import Azure
internal import ProviderCore
internal import Synchronization

/// Watches when the objects of each SecretProviderClass expire, according to the vault.
///
/// It watches 1,000 classes, at most 250 of one namespace, and remembers 16,384 warnings, at most 4,096 of one
/// namespace. A forgotten warning is logged again.
final class ExpiryWatch: Sendable {
    /// An object that expires soon.
    struct Notice: Equatable {
        var object: String
        var vaultHost: String
        var version: String
        /// The time of expiry in seconds since 1970.
        var expires: Int
        var daysLeft: Int
    }

    /// The objects of a mount that expire.
    struct Endings: Sendable {
        fileprivate struct Ending: Sendable {
            var object: String
            var vaultHost: String
            var version: String
            var expires: Int
        }

        fileprivate var objects: [Ending]
        /// The number of days before an object expires at which warnings begin; 0 for no warnings.
        fileprivate var warningDays: Int

        var count: Int { objects.count }

        init(_ result: MountResult) {
            // Only the newest version of a history counts, because older ones are expected to expire.
            objects = zip(result.plan.items, result.contents.items).compactMap { item, versions in
                guard let newest = versions.first, let expires = newest.attributes.expires else { return nil }
                return Ending(
                    object: "\(item.object.type.rawValue)/\(item.object.name)", vaultHost: newest.vault.host,
                    version: newest.version, expires: expires)
            }
            warningDays = result.plan.settings.expiryWarning
        }
    }

    private struct State {
        /// The object of each class that expires first, and its time in seconds since 1970.
        var classes = RecentMap<RotationHealth.ClassName, (object: String, expires: Int)>(capacity: 1000)
        /// The logged warnings, by a digest of class, object and version.
        var warnings = RecentMap<Int, Void>(capacity: 16_384)
    }

    private static let retention = Duration.seconds(86400)

    private let state = Mutex(State())
    private let time: TimeSource

    init(time: TimeSource) {
        self.time = time
    }

    /// Stores the expiry times of a mount, and returns the objects to warn about. It returns each version only once.
    func observe(_ pod: PodReference, _ endings: Endings) -> [Notice] {
        let now = time.wallClock()
        let name = RotationHealth.ClassName(pod)
        return state.withLock { state in
            guard let earliest = endings.objects.min(by: { $0.expires < $1.expires }) else {
                state.classes.remove(name)
                return []
            }
            state.classes.store(
                name, (earliest.object, earliest.expires), owner: name.namespace,
                keepUntil: time.elapsed() + Self.retention)
            return endings.objects.compactMap { ending in
                let notice = Notice(ending, now: now)
                guard endings.warningDays > 0, notice.daysLeft < endings.warningDays else { return nil }
                let warning = Self.digest(name, notice)
                if state.warnings.use(warning) != nil { return nil }
                state.warnings.store(warning, (), owner: name.namespace)
                return notice
            }
        }
    }

    private static func digest(_ name: RotationHealth.ClassName, _ notice: Notice) -> Int {
        var hasher = Hasher()
        hasher.combine(name)
        hasher.combine(notice.object)
        hasher.combine(notice.vaultHost)
        hasher.combine(notice.version)
        return hasher.finalize()
    }

    /// Drops classes that are no longer mounted.
    func sweep() {
        let now = time.elapsed()
        state.withLock { $0.classes.sweep(now: now) }
    }

    /// One metric family, or none while no object expires.
    var families: [MetricFamily] {
        let classes = state.withLock { Array($0.classes.all) }
        if classes.isEmpty { return [] }
        let series = classes.map { name, first in
            (labels: name.metricLabels + [(name: "object", value: first.object)], value: first.expires)
        }
        return [
            MetricFamily(
                name: "akv_csi_object_expiry_timestamp_seconds",
                help: "Time at which the first of the class's objects expires, in seconds since 1970.",
                series: .gauge(series))
        ]
    }
}

extension ExpiryWatch.Notice {
    fileprivate init(_ ending: ExpiryWatch.Endings.Ending, now: Int) {
        self.init(
            object: ending.object, vaultHost: ending.vaultHost, version: ending.version, expires: ending.expires,
            daysLeft: Int((Double(ending.expires - now) / 86_400).rounded(.down)))
    }
}
