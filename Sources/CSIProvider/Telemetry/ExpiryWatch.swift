internal import Azure
internal import ProviderCore
internal import Synchronization

/// How long the objects of each SecretProviderClass are still valid, by what the vault says of them.
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

    private struct Earliest {
        var expires: Int
        var lastSeen: Duration
    }

    private struct Told: Hashable {
        var name: RotationHealth.ClassName
        var object: String
        var vaultHost: String
        var version: String
    }

    private struct State {
        var classes: [RotationHealth.ClassName: Earliest] = [:]
        var told: Set<Told> = []
    }

    private static let maximumClasses = 1000
    private static let maximumTold = 4096
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
            if let earliest = ending.map(\.expires).min() {
                if state.classes[name] != nil || state.classes.count < Self.maximumClasses {
                    state.classes[name] = Earliest(expires: earliest, lastSeen: time.elapsed())
                }
            } else {
                state.classes[name] = nil
            }
            return ending.filter { notice in
                guard limit > 0, notice.daysLeft < limit else { return false }
                // Having told too many, it tells some twice.
                if state.told.count >= Self.maximumTold { state.told = [] }
                return state.told.insert(
                    Told(name: name, object: notice.object, vaultHost: notice.vaultHost, version: notice.version)
                ).inserted
            }
        }
    }

    /// Forgets classes that are not mounted any more.
    func sweep() {
        let now = time.elapsed()
        state.withLock { state in
            state.classes = state.classes.filter { now - $0.value.lastSeen < Self.retention }
        }
    }

    /// One family in Prometheus' text format; empty while no object has an end.
    var exposition: String {
        let now = time.wallClock()
        let classes = state.withLock { $0.classes }.sorted { $0.key < $1.key }
        guard !classes.isEmpty else { return "" }
        let metric = "akv_csi_seconds_until_expiry"
        return "# HELP \(metric) Until the first of the class's objects expires.\n# TYPE \(metric) gauge\n"
            + classes.map { name, earliest in
                "\(metric){namespace=\"\(MetricText.escaped(name.namespace))\","
                    + "secret_provider_class=\"\(MetricText.escaped(name.name))\"} \(earliest.expires - now)\n"
            }.joined()
    }
}
