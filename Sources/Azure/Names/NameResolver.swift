internal import AsyncSupport
internal import Synchronization

/// Looks up the addresses of hosts for all requests of the node, such that the names of one namespace cannot stop the
/// requests of another.
///
/// - A name that the name service does not answer costs no thread: all look-ups wait on one.
/// - At most `Limits.concurrent` look-ups are under way, `Limits.ofNamespace` of them of one namespace. Namespaces that
///   wait take turns, and each look-up ends at its deadline.
/// - A host is looked up once for all requests that ask meanwhile. What was found is remembered as long as the name
///   service says, at most half a minute; that there is no address, for a few seconds.
final class NameResolver: Sendable {
    struct Limits: Sendable {
        var concurrent = 128
        var ofNamespace = 16
        /// For one look-up, from when it is begun.
        var timeout = Duration.seconds(5)
    }

    typealias Completion = @Sendable (AddressFamily, Result<[[UInt8]], NameLookup.Failure>) -> Void

    private struct Name: Hashable, Sendable {
        var host: String
        var family: AddressFamily
    }

    private struct Known: Sendable {
        var result: Result<[[UInt8]], NameLookup.Failure>
        var until: ContinuousClock.Instant
    }

    /// A look-up that is under way.
    private struct Running {
        var namespace: String
        var finished: [AddressFamily: Result<[[UInt8]], NameLookup.Failure>] = [:]
        var completions: [Completion]
    }

    private struct Waiting: Sendable {
        var host: String
        var namespace: String
        var completion: Completion
    }

    private struct State {
        var known = RecentMap<Name, Known>(capacity: 2000)
        var running: [String: Running] = [:]
        /// How many look-ups each namespace has under way.
        var counts: [String: Int] = [:]
        /// Those that wait for a place, of namespaces that may begin one.
        var waiting = FairQueue<Waiting>()
        /// Those of namespaces that have as many under way as they may.
        var blocked: [String: [Waiting]] = [:]
    }

    private static let longestMemory = Duration.seconds(30)
    private static let memoryOfNoAddress = Duration.seconds(5)

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
    }

    /// Calls `completion` once for each family, on a thread that it must not block, or on this one.
    func resolve(_ host: String, for namespace: String, completion: @escaping Completion) {
        let host = host.lowercased()
        let known = AddressFamily.allCases.compactMap { family -> (AddressFamily, Known)? in
            let now = ContinuousClock.now
            return state.withLock { state in
                state.known.use(Name(host: host, family: family)).flatMap { $0.until > now ? (family, $0) : nil }
            }
        }
        if known.count == AddressFamily.allCases.count {
            for (family, known) in known { completion(family, known.result) }
            return
        }
        let (finished, isNew) = state.withLock { state in
            if let running = state.running[host] {
                state.running[host]?.completions.append(completion)
                return (running.finished, false)
            }
            return ([:], enqueue(Waiting(host: host, namespace: namespace, completion: completion), &state))
        }
        for (family, result) in finished { completion(family, result) }
        if isNew { beginWaiting() }
    }

    /// The number of look-ups under way.
    var running: Int { state.withLock { $0.running.count } }

    /// Whether one may begin.
    private func enqueue(_ waiting: Waiting, _ state: inout State) -> Bool {
        let namespace = waiting.namespace
        if state.counts[namespace, default: 0] >= limits.ofNamespace {
            state.blocked[namespace, default: []].append(waiting)
            return false
        }
        state.waiting.append(waiting, of: namespace)
        return state.running.count < limits.concurrent
    }

    private func beginWaiting() {
        var toJoin: [(Completion, [AddressFamily: Result<[[UInt8]], NameLookup.Failure>])] = []
        let hosts = state.withLock { state -> [String] in
            var hosts: [String] = []
            while state.running.count < limits.concurrent, let waiting = state.waiting.popFirst() {
                let namespace = waiting.namespace
                if let running = state.running[waiting.host] {
                    state.running[waiting.host]?.completions.append(waiting.completion)
                    toJoin.append((waiting.completion, running.finished))
                } else if state.counts[namespace, default: 0] >= limits.ofNamespace {
                    state.blocked[namespace, default: []].append(waiting)
                } else {
                    state.counts[namespace, default: 0] += 1
                    state.running[waiting.host] = Running(namespace: namespace, completions: [waiting.completion])
                    hosts.append(waiting.host)
                }
            }
            return hosts
        }
        for (completion, finished) in toJoin {
            for (family, result) in finished { completion(family, result) }
        }
        for host in hosts {
            thread.begin(
                ResolverThread.Order(host: host, deadline: .now + limits.timeout) { [weak self] family, result in
                    self?.finished(host, family, result)
                })
        }
    }

    private func finished(
        _ host: String, _ family: AddressFamily, _ found: Result<NameLookup.Found, NameLookup.Failure>
    ) {
        let result = found.map(\.addresses)
        let (completions, isOver) = state.withLock { state -> ([Completion], Bool) in
            guard var running = state.running[host] else { return ([], false) }
            running.finished[family] = result
            if let memory = Self.memory(of: found) {
                state.known.store(
                    Name(host: host, family: family), Known(result: result, until: .now + memory),
                    owner: running.namespace)
            }
            let isOver = running.finished.count == AddressFamily.allCases.count
            state.running[host] = isOver ? nil : running
            if isOver { endLookup(of: running.namespace, &state) }
            return (running.completions, isOver)
        }
        for completion in completions { completion(family, result) }
        if isOver { beginWaiting() }
    }

    /// A look-up of `namespace` is over, so that it may begin another one.
    private func endLookup(of namespace: String, _ state: inout State) {
        let count = state.counts[namespace, default: 1] - 1
        state.counts[namespace] = count == 0 ? nil : count
        guard var blocked = state.blocked[namespace], !blocked.isEmpty else { return }
        state.waiting.append(blocked.removeFirst(), of: namespace)
        state.blocked[namespace] = blocked.isEmpty ? nil : blocked
    }

    private static func memory(of found: Result<NameLookup.Found, NameLookup.Failure>) -> Duration? {
        switch found {
        case .success(let found): min(.seconds(found.timeToLive), longestMemory)
        case .failure(.noAddress): memoryOfNoAddress
        case .failure(.noResponse): nil
        }
    }
}
