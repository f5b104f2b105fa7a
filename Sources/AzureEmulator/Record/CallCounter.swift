internal import Synchronization

/// Counts the calls to each service, and how many of them run at the same time. Demonstrations and tests
/// use it to count round trips.
package final class CallCounter: Sendable {
    /// The counts since the last reset.
    package struct Counts: Codable, Sendable, Equatable {
        /// Token requests.
        package var tokens = 0
        /// Key Vault requests with a valid token.
        package var vault = 0
        /// Key Vault requests that got the status 401.
        package var unauthorized = 0
        /// Tunnels that the proxy opened.
        package var connections = 0
        /// The counts of each class: `entra`, `imds`, `nmi`, `token-proxy`, `vault`, `proxy` and `tls`, and
        /// within them `vault:NAME get`, `vault:NAME list`, `vault:NAME put`, `proxy:HOST` and `tls:HOST`.
        package var classes: [String: ClassCounts] = [:]

        package init() {}

        /// The number of calls in a class; 0 if there were none.
        package func calls(_ name: String) -> Int { classes[name]?.calls ?? 0 }
    }

    /// The counts of one class. A call counts whether it succeeds or fails.
    package struct ClassCounts: Codable, Sendable, Equatable {
        /// All calls since the last reset.
        package var calls = 0
        /// The calls that are running now.
        package var running = 0
        /// The largest number of calls that ran at the same time.
        package var peak = 0
    }

    private let counts = Mutex(Counts())

    var current: Counts { counts.withLock { $0 } }

    /// Sets all counts to zero. Calls that are running stay counted as running.
    package func reset() {
        counts.withLock { counts in
            let running = counts.classes.compactMapValues { kind in
                kind.running > 0 ? ClassCounts(calls: 0, running: kind.running, peak: kind.running) : nil
            }
            counts = Counts()
            counts.classes = running
        }
    }

    /// Adds one to a count that has no classes.
    func increment(_ member: WritableKeyPath<Counts, Int>) {
        counts.withLock { $0[keyPath: member] += 1 }
    }

    /// Counts the start of a call. Each call of `begin` needs one of `end` with the same classes.
    func begin(_ classes: [String]) {
        counts.withLock { counts in
            for name in classes {
                var kind = counts.classes[name] ?? ClassCounts()
                kind.calls += 1
                kind.running += 1
                kind.peak = max(kind.peak, kind.running)
                counts.classes[name] = kind
            }
        }
    }

    /// Counts the end of a call.
    func end(_ classes: [String]) {
        counts.withLock { counts in
            for name in classes { counts.classes[name]?.running -= 1 }
        }
    }
}
