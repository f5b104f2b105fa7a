internal import AsyncSupport
internal import Kubernetes
internal import ProviderCore
internal import SecretMemory

/// What is to be reported about which pods, what was reported already, and how soon more may be.
///
/// Plain values without clock or network: `elapsed` and `now` come with each call. It holds a bounded number
/// of events however many pods fail, and one object in the cluster for each pod, class and reason. Namespaces take
/// turns, and when there is no room, the namespace with most events loses its latest one.
struct EventQueue: Sendable {
    /// What tells events apart.
    struct Key: Hashable, Sendable {
        var namespace: String
        var uid: String
        var pod: String
        var secretProviderClass: String
        var reason: PodEvent.Reason

        init(_ event: PodEvent) {
            namespace = event.pod.namespace
            uid = event.pod.uid
            pod = event.pod.name
            secretProviderClass = event.pod.secretProviderClass.clipped
            reason = event.reason
        }
    }

    /// One request that is due.
    struct Posting: Sendable {
        var key: Key
        var event: PodEvent
        var record: EventRecord
        var isNew: Bool
        fileprivate var occurrences: Int
        var attempts: Int
    }

    private struct Pending {
        var event: PodEvent
        var occurrences: Int
        var attempts = 0
    }

    private struct Posted {
        var record: EventRecord
        var last: Duration
        /// What has happened since and was not worth a request yet.
        var unposted = 0
    }

    private static let maximumPending = 250
    /// The cluster keeps an event for an hour after it was last changed; half of that keeps alive what lasts.
    private static let refresh = Duration.seconds(1800)
    private static let retention = Duration.seconds(3600)
    /// A node's share: this many together, then one in every period.
    private static let burst = 25
    private static let period = Duration.seconds(5)

    private var pending: [Key: Pending] = [:]
    /// The keys of `pending`, by namespace in the order in which they came.
    private var order = FairQueue<Key>()
    private var posted = RecentMap<Key, Posted>(capacity: 1000)
    /// When the node's share is whole again.
    private var fullAt = Duration.zero

    /// Takes note of `event`; with `isRepeated` it is only what was reported before and still holds. Returns
    /// false if an event had to be dropped, this one or another namespace's.
    mutating func note(_ event: PodEvent, isRepeated: Bool, elapsed: Duration) -> Bool {
        let key = Key(event)
        if pending[key] != nil {
            pending[key]?.event = event
            pending[key]?.occurrences += 1
            return true
        }
        if isRepeated, let known = posted[key], elapsed - known.last < Self.refresh {
            posted.update(key) { $0.unposted += 1 }
            return true
        }
        let isFull = pending.count >= Self.maximumPending
        if isFull {
            guard let dropped = order.popLast(inFavorOf: key.namespace) else { return false }
            pending[dropped] = nil
        }
        pending[key] = Pending(event: event, occurrences: 1 + (posted[key]?.unposted ?? 0))
        posted.update(key) { $0.unposted = 0 }
        order.append(key, of: key.namespace)
        return !isFull
    }

    /// How long to wait for the next request; nil while there is none to be made.
    func wait(elapsed: Duration) -> Duration? {
        order.isEmpty ? nil : max(.zero, fullAt - elapsed - Self.period * (Self.burst - 1))
    }

    /// The next request that is due now. Its outcome must be reported by one of the functions below.
    mutating func next(elapsed: Duration, now: Int) -> Posting? {
        guard wait(elapsed: elapsed) == .zero, let key = order.popFirst(),
            let entry = pending.removeValue(forKey: key)
        else { return nil }
        fullAt = max(fullAt, elapsed) + Self.period
        if let known = posted[key], elapsed - known.last < Self.retention {
            var record = known.record
            record.count += entry.occurrences
            return Posting(
                key: key, event: entry.event, record: record, isNew: false, occurrences: entry.occurrences,
                attempts: entry.attempts + 1)
        }
        let record = EventRecord(name: Self.name(for: key), count: entry.occurrences, first: now)
        return Posting(
            key: key, event: entry.event, record: record, isNew: true, occurrences: entry.occurrences,
            attempts: entry.attempts + 1)
    }

    mutating func succeeded(_ posting: Posting, elapsed: Duration) {
        let unposted = posted[posting.key]?.unposted ?? 0
        posted.sweep(now: elapsed)
        posted.store(
            posting.key, Posted(record: posting.record, last: elapsed, unposted: unposted),
            owner: posting.key.namespace, keepUntil: elapsed + Self.retention)
    }

    /// Puts a request back to be made again; `asNew` forgets the object that it was for. What has been noted
    /// since says more than it.
    mutating func again(_ posting: Posting, asNew: Bool) {
        if asNew { posted.remove(posting.key) }
        if pending[posting.key] != nil {
            pending[posting.key]?.occurrences += posting.occurrences
            pending[posting.key]?.attempts = posting.attempts
            return
        }
        pending[posting.key] = Pending(
            event: posting.event, occurrences: posting.occurrences, attempts: posting.attempts)
        order.prepend(posting.key, of: posting.key.namespace)
    }

    /// Forgets all that is due; returns how many.
    mutating func drop() -> Int {
        defer { (pending, order) = ([:], FairQueue()) }
        return pending.count
    }

    /// Unique, and short enough however long the pod's name is.
    private static func name(for key: Key) -> String {
        let tail = String(UInt64.random(in: 1 << 60 ... .max), radix: 16)
        let head = key.pod.prefix(200)
        return "\(String(head.reversed().drop { "-.".contains($0) }.reversed())).\(tail)"
    }
}
