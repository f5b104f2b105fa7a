internal import AsyncSupport
internal import Kubernetes
internal import ProviderCore
internal import SecretMemory

/// The queue of events on pods: which ones are waiting, which ones were posted, and when the next one can be posted.
///
/// This type does not use a clock or the network; each call passes the time as `elapsed` and `now`. It limits the
/// number of events, however many pods fail, and uses one Event object for each pod, class and reason. Namespaces take
/// turns. If the queue is full, the namespace with the most events loses its latest one.
struct EventQueue: Sendable {
    /// The properties that distinguish events.
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

    /// One request to the API server.
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
        /// The number of repetitions that have not been posted yet.
        var unposted = 0
    }

    private static let maximumPending = 250
    /// The cluster deletes an event an hour after its last change. Updating it after half of that time keeps a lasting
    /// event.
    private static let refresh = Duration.seconds(1800)
    private static let retention = Duration.seconds(3600)
    /// The rate limit of a node: this many requests together, and then one in each period.
    private static let burst = 25
    private static let period = Duration.seconds(5)

    private var pending: [Key: Pending] = [:]
    /// The keys of `pending`, by namespace, in the order of their arrival.
    private var order = FairQueue<Key>()
    private var posted = RecentMap<Key, Posted>(capacity: 1000)
    /// The time at which the full burst is available again.
    private var fullAt = Duration.zero

    /// Adds `event`. `isRepeated` means that it was reported before and still applies. Returns false if an event had to
    /// be dropped: this one, or one of another namespace.
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

    /// Returns the time to wait for the next request, or nil if the queue is empty.
    func wait(elapsed: Duration) -> Duration? {
        order.isEmpty ? nil : max(.zero, fullAt - elapsed - Self.period * (Self.burst - 1))
    }

    /// Returns the request to send now, or nil if it is not time yet. The caller must report the outcome with one of
    /// the functions below.
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

    /// Puts a request back to be sent again. With `asNew`, it creates a new Event object. If a newer event for the same
    /// key has arrived, that one is kept.
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

    /// Drops all waiting events and returns their number.
    mutating func drop() -> Int {
        defer { (pending, order) = ([:], FairQueue()) }
        return pending.count
    }

    /// Returns a unique name with a limited length, even if the pod's name is long.
    private static func name(for key: Key) -> String {
        let tail = String(UInt64.random(in: 1 << 60 ... .max), radix: 16)
        let head = key.pod.prefix(200)
        return "\(String(head.reversed().drop { "-.".contains($0) }.reversed())).\(tail)"
    }
}
