internal import AsyncSupport
internal import Synchronization

/// Looks up the addresses of hosts for all requests of the node. The names of one namespace cannot block the requests of
/// another.
///
/// - All look-ups wait on one thread, so a name without a response does not block a thread.
/// - At most `Limits.concurrent` look-ups run together, `Limits.ofNamespace` of them for one namespace. Waiting
///   namespaces take turns, and each look-up ends at its deadline.
/// - One look-up of a host serves all requests that need it at that time. Addresses are cached for their time to live,
///   at most 30 seconds, and the absence of an address for a few seconds.
final class NameResolver: Sendable {
    struct Limits: Sendable {
        var concurrent = 128
        var ofNamespace = 16
        /// The timeout of one look-up, from its start.
        var timeout = Duration.seconds(5)
    }

    typealias Outcome = Result<[[UInt8]], NameLookup.Failure>
    typealias Completion = @Sendable (AddressFamily, Outcome) -> Void

    private struct Name: Hashable, Sendable {
        var host: String
        var family: AddressFamily
    }

    private struct Known: Sendable {
        var outcome: Outcome
        var until: ContinuousClock.Instant
    }

    /// A running look-up.
    private struct Running {
        var namespace: String
        var finished: [AddressFamily: Outcome] = [:]
        var completions: [Completion]
    }

    /// A request for a host whose look-up has not started.
    private struct Waiting {
        var namespace: String
        var deadline: ContinuousClock.Instant
        var completion: Completion
    }

    private struct State {
        var known = RecentMap<Name, Known>(capacity: 2000)
        var running: [String: Running] = [:]
        /// The number of running look-ups of each namespace.
        var counts: [String: Int] = [:]
        var waiting: [String: [Waiting]] = [:]
        /// The hosts in `waiting`, in the line of each namespace that needs them. Some may have been looked up since.
        var lines = FairQueue<String>()
        var nextSweep = ContinuousClock.now
    }

    private static let longestMemory = Duration.seconds(30)
    private static let memoryOfNoAddress = Duration.seconds(5)
    private static let sweepInterval = Duration.seconds(1)

    private let limits: Limits
    private let thread: ResolverThread
    private let state = Mutex(State())

    /// `servers` are the name servers' addresses with ports, separated by commas; those of resolv.conf when nil.
    init(servers: String? = nil, limits: Limits = Limits()) {
        self.limits = limits
        thread = ResolverThread(servers: servers)
    }

    deinit {
        thread.stop()
        // Results that the thread still finds are dropped.
        let calls = state.withLock { state in
            let running = state.running.values.flatMap { running in
                running.completions.map { Call($0, Self.noResponse.filter { running.finished[$0.key] == nil }) }
            }
            return running + state.waiting.values.joined().map { Call($0.completion, Self.noResponse) }
        }
        for call in calls { call.make() }
    }

    /// Calls `completion` once for each family, on a thread that it must not block, or on this one.
    func resolve(_ host: String, for namespace: String, completion: @escaping Completion) {
        let host = host.lowercased()
        let (calls, isNew) = state.withLock { state -> ([Call], Bool) in
            let now = ContinuousClock.now
            let known = Self.known(host, &state, now)
            if known.count == AddressFamily.allCases.count { return ([Call(completion, known)], false) }
            // The cached result of one family is not looked up again for this request.
            let rest: Completion = { family, outcome in if known[family] == nil { completion(family, outcome) } }
            var calls = [Call(completion, known)]
            if let running = state.running[host] {
                state.running[host]?.completions.append(rest)
                calls.append(Call(rest, running.finished))
                return (calls, false)
            }
            calls += Self.sweep(&state, now)
            let waiting = state.waiting[host, default: []]
            if !waiting.contains(where: { $0.namespace == namespace }) { state.lines.append(host, of: namespace) }
            state.waiting[host, default: []].append(
                Waiting(namespace: namespace, deadline: now + limits.timeout, completion: rest))
            return (calls, true)
        }
        for call in calls { call.make() }
        if isNew { beginWaiting() }
    }

    /// The number of running look-ups.
    var running: Int { state.withLock { $0.running.count } }

    /// Starts as many look-ups as the limits allow.
    private func beginWaiting() {
        let (calls, orders) = state.withLock { state -> ([Call], [ResolverThread.Order]) in
            let now = ContinuousClock.now
            let calls = Self.sweep(&state, now)
            var orders: [ResolverThread.Order] = []
            while state.running.count < limits.concurrent {
                let counts = state.counts
                let next = state.lines.popFirst { counts[$0, default: 0] < limits.ofNamespace }
                guard let (host, namespace) = next else { break }
                guard let waiting = state.waiting.removeValue(forKey: host) else { continue }
                state.counts[namespace, default: 0] += 1
                state.running[host] = Running(namespace: namespace, completions: waiting.map(\.completion))
                orders.append(order(host, now + limits.timeout))
            }
            return (calls, orders)
        }
        for call in calls { call.make() }
        for order in orders { thread.begin(order) }
    }

    private func order(_ host: String, _ deadline: ContinuousClock.Instant) -> ResolverThread.Order {
        ResolverThread.Order(host: host, deadline: deadline) { [weak self] in self?.finished(host, $0, $1) }
    }

    private func finished(
        _ host: String, _ family: AddressFamily, _ found: Result<NameLookup.Found, NameLookup.Failure>
    ) {
        let outcome = found.map(\.addresses)
        let (completions, isOver) = state.withLock { state -> ([Completion], Bool) in
            guard var running = state.running[host] else { return ([], false) }
            running.finished[family] = outcome
            if let memory = Self.memory(of: found) {
                Self.remember(Name(host: host, family: family), outcome, memory, running.namespace, &state)
            }
            let isOver = running.finished.count == AddressFamily.allCases.count
            state.running[host] = isOver ? nil : running
            if isOver { Self.end(running, host, &state) }
            return (running.completions, isOver)
        }
        for completion in completions { completion(family, outcome) }
        if isOver { beginWaiting() }
    }
}

extension NameResolver {
    /// The results for requests, which are delivered after the lock is released.
    private struct Call {
        var completion: Completion
        var outcomes: [AddressFamily: Outcome]

        init(_ completion: @escaping Completion, _ outcomes: [AddressFamily: Outcome]) {
            (self.completion, self.outcomes) = (completion, outcomes)
        }

        func make() {
            for (family, outcome) in outcomes { completion(family, outcome) }
        }
    }

    private static let noResponse: [AddressFamily: Outcome] = [.v4: .failure(.noResponse), .v6: .failure(.noResponse)]

    private static func known(
        _ host: String, _ state: inout State, _ now: ContinuousClock.Instant
    ) -> [AddressFamily: Outcome] {
        var known: [AddressFamily: Outcome] = [:]
        for family in AddressFamily.allCases {
            if let entry = state.known.use(Name(host: host, family: family)), entry.until > now {
                known[family] = entry.outcome
            }
        }
        return known
    }

    /// Records the end of a look-up, so that its namespace can start another one.
    private static func end(_ running: Running, _ host: String, _ state: inout State) {
        let count = state.counts[running.namespace, default: 1] - 1
        state.counts[running.namespace] = count == 0 ? nil : count
        // Some name services never respond for one family. The other family is enough, without a new look-up each time.
        let isFound = running.finished.values.contains { if case .success = $0 { true } else { false } }
        guard isFound else { return }
        for (family, outcome) in running.finished {
            guard case .failure(.noResponse) = outcome else { continue }
            remember(Name(host: host, family: family), outcome, memoryOfNoAddress, running.namespace, &state)
        }
    }

    private static func remember(
        _ name: Name, _ outcome: Outcome, _ memory: Duration, _ namespace: String, _ state: inout State
    ) {
        state.known.store(name, Known(outcome: outcome, until: .now + memory), owner: namespace)
    }

    /// Removes requests whose deadline has passed from the lines, from time to time: a namespace may request more names
    /// than the name service responds to.
    private static func sweep(_ state: inout State, _ now: ContinuousClock.Instant) -> [Call] {
        guard now >= state.nextSweep, !state.waiting.isEmpty else { return [] }
        state.nextSweep = now + sweepInterval
        var calls: [Call] = []
        for (host, waiting) in state.waiting where waiting.contains(where: { $0.deadline <= now }) {
            let rest = waiting.filter { $0.deadline > now }
            calls += waiting.filter { $0.deadline <= now }.map { Call($0.completion, noResponse) }
            state.waiting[host] = rest.isEmpty ? nil : rest
        }
        let hosts = Set(state.waiting.keys)
        state.lines.removeAll { !hosts.contains($0) }
        return calls
    }

    private static func memory(of found: Result<NameLookup.Found, NameLookup.Failure>) -> Duration? {
        switch found {
        case .success(let found): min(.seconds(found.timeToLive), longestMemory)
        case .failure(.noAddress): memoryOfNoAddress
        case .failure(.noResponse): nil
        }
    }
}
