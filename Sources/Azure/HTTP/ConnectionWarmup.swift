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
        /// Its first connection is being made; those who wait for it.
        case opening([AsyncStream<Never>.Continuation])
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
            case waiting(AsyncStream<Never>)
        }
        let now = time.elapsed()
        let turn: Turn = hosts.withLock { hosts in
            switch hosts[host] {
            case .known(let version, let lastUse) where version == .http1 || now - lastUse <= idleTimeout:
                hosts[host] = .known(version, lastUse: now)
                return .known
            case .opening(let waiting):
                let (stream, continuation) = AsyncStream<Never>.makeStream()
                hosts[host] = .opening(waiting + [continuation])
                return .waiting(stream)
            case .known, nil:
                if hosts.count >= Self.maximumHosts { hosts = hosts.filter { $0.value.isOpening } }
                hosts[host] = .opening([])
                return .first
            }
        }
        switch turn {
        case .first: return true
        case .known: return false
        case .waiting(let stream):
            // A host that takes longer may not answer at all, and then each request has to find that out.
            _ = await withTimeout(timeout) { for await _ in stream {} }
            return false
        }
    }

    /// A connection has been made. To which host the library does not say, so all that wait go on.
    func made(_ version: Version) {
        let now = time.elapsed()
        let waiting = hosts.withLock { hosts in
            var waiting: [AsyncStream<Never>.Continuation] = []
            for (host, state) in hosts {
                guard case .opening(let continuations) = state else { continue }
                hosts[host] = .known(version, lastUse: now)
                waiting += continuations
            }
            return waiting
        }
        for continuation in waiting { continuation.finish() }
    }

    /// The first request to `host` is over. If no connection came of it, a later one will be the first.
    func ended(_ host: String) {
        let waiting = hosts.withLock { hosts -> [AsyncStream<Never>.Continuation] in
            guard case .opening(let continuations) = hosts[host] else { return [] }
            hosts[host] = nil
            return continuations
        }
        for continuation in waiting { continuation.finish() }
    }

    /// How many requests wait for the first.
    func waiting(for host: String) -> Int {
        hosts.withLock { hosts in
            guard case .opening(let waiting) = hosts[host] else { return 0 }
            return waiting.count
        }
    }
}
