internal import AsyncSupport
internal import Azure
internal import ProviderCore
internal import Synchronization

/// How long the objects of each SecretProviderClass are still valid, by what the vault says of them.
///
/// It watches 1,000 classes, at most 250 of one namespace, and remembers 16,384 warnings, at most 4,096 of one
/// namespace. A forgotten warning is logged again.
final class ExpiryWatch: Sendable {
    /// An object that ends soon.
    struct Notice: Equatable {
        var object: String
        var vaultHost: String
        var version: String
        /// Seconds since 1970.
        var expires: Int
        var daysLeft: Int
    }

    private struct State {
        /// The object of a class that expires first, and when, in seconds since 1970.
        var classes = RecentMap<RotationHealth.ClassName, (object: String, expires: Int)>(capacity: 1000)
        /// By a digest of class, object and version.
        var warnings = RecentMap<Int, Void>(capacity: 16_384)
    }

    private static let retention = Duration.seconds(86400)
    private static let secondsOfDay = 86_400

    private let state = Mutex(State())
    private let time: TimeSource

    init(time: TimeSource) {
        self.time = time
    }

    /// Notes what a mount of the class was given, and returns what has to be warned of: each version once.
    func observe(_ pod: PodReference, _ result: MountResult) -> [Notice] {
        let now = time.wallClock()
        // The newest of a history is the one that counts; older ones end in their time.
        let ending = zip(result.plan.items, result.contents.items).compactMap { item, versions -> Notice? in
            guard let newest = versions.first, let expires = newest.attributes.expires else { return nil }
            return Notice(
                object: "\(item.object.type.rawValue)/\(item.object.name)", vaultHost: newest.vault.host,
                version: newest.version, expires: expires,
                daysLeft: Int((Double(expires - now) / Double(Self.secondsOfDay)).rounded(.down)))
        }
        let name = RotationHealth.ClassName(pod)
        let limit = result.plan.settings.expiryWarning
        return state.withLock { state in
            if let earliest = ending.min(by: { $0.expires < $1.expires }) {
                state.classes.store(
                    name, (earliest.object, earliest.expires), owner: name.namespace,
                    keepUntil: time.elapsed() + Self.retention)
            } else {
                state.classes.remove(name)
            }
            return ending.filter { notice in
                guard limit > 0, notice.daysLeft < limit else { return false }
                let warning = Self.digest(name, notice)
                if state.warnings.use(warning) != nil { return false }
                state.warnings.store(warning, (), owner: name.namespace)
                return true
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

    /// Forgets classes that are not mounted any more.
    func sweep() {
        let now = time.elapsed()
        state.withLock { $0.classes.sweep(now: now) }
    }

    /// One family; none while no object has an end.
    var families: [MetricFamily] {
        let classes = state.withLock { Array($0.classes.all) }
        if classes.isEmpty { return [] }
        let series = classes.map { name, first in
            (labels: name.metricLabels + [(name: "object", value: first.object)], value: first.expires)
        }
        return [
            MetricFamily(
                name: "akv_csi_object_expiry_timestamp_seconds",
                help: "When the first of the class's objects expires, since 1970.", series: .gauge(series))
        ]
    }
}
