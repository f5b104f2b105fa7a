internal import AsyncSupport
internal import Synchronization

/// Lets one request to a host go ahead until it is known how the host is spoken to.
///
/// With HTTP/2 one connection takes all requests, but the client library opens one for each request that
/// waits before the first has told it so.
final class ConnectionWarmup: Sendable {
    enum Version {
        case http1
        case http2
    }

    private enum Host {
        /// Its first connection is being made, and other requests wait for it.
        case opening(WaiterQueue<Void, Void>)
        case known(Version, lastUse: Duration)

        var isOpening: Bool {
            if case .opening = self { true } else { false }
        }
    }

    private static let maximumHosts = 1000

    private let hosts = Mutex<[String: Host]>([:])
    private let idleTimeout: Duration
    private let timeout: Duration
    private let time: TimeSource

    /// After `idleTimeout` the library has closed the connection and knows of HTTP/2 no more.
    init(idleTimeout: Duration, timeout: Duration = .seconds(1), time: TimeSource = .system) {
        self.idleTimeout = idleTimeout
        self.timeout = timeout
        self.time = time
    }

    /// Returns when a request to `host` may go, and whether it is the first, whose end is to be told to `ended`.
    func enter(_ host: String) async -> Bool {
        enum Turn {
            case first
            case known
            case waiting(Waiter<Void, Void>)
        }
        let now = time.elapsed()
        let turn: Turn = hosts.withLock { hosts in
            switch hosts[host] {
            case .known(let version, let lastUse) where version == .http1 || now - lastUse <= idleTimeout:
                hosts[host] = .known(version, lastUse: now)
                return .known
            case .opening(var queue):
                let waiter = queue.append(())
                hosts[host] = .opening(queue)
                return .waiting(waiter)
            case .known, nil:
                if hosts.count >= Self.maximumHosts { hosts = hosts.filter { $0.value.isOpening } }
                hosts[host] = .opening(WaiterQueue())
                return .first
            }
        }
        switch turn {
        case .first: return true
        case .known: return false
        case .waiting(let waiter):
            // A host that takes longer may not respond at all, and then each request has to find that out.
            _ = await waiter.value(timeout: timeout)
            return false
        }
    }

    /// A connection has been made. To which host the library does not say, so all that wait go on.
    func made(_ version: Version) {
        let now = time.elapsed()
        let claims = hosts.withLock { hosts in
            var claims: [WaiterClaim<Void, Void>] = []
            for (host, state) in hosts {
                guard case .opening(var queue) = state else { continue }
                hosts[host] = .known(version, lastUse: now)
                claims += queue.removeAll()
            }
            return claims
        }
        for claim in claims { claim.resume(returning: ()) }
    }

    /// The first request to `host` is over. If no connection came of it, a later one will be the first.
    func ended(_ host: String) {
        let claims = hosts.withLock { hosts -> [WaiterClaim<Void, Void>] in
            guard case .opening(var queue) = hosts[host] else { return [] }
            hosts[host] = nil
            return queue.removeAll()
        }
        for claim in claims { claim.resume(returning: ()) }
    }

    /// How many requests wait for the first.
    func waiting(for host: String) -> Int {
        hosts.withLock { hosts in
            guard case .opening(let queue) = hosts[host] else { return 0 }
            return queue.count
        }
    }
}
