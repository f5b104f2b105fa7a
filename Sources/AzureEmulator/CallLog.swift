internal import Synchronization

/// How often what was called, so that demonstrations and tests can count round trips.
final class CallLog: Sendable {
    struct Counts: Codable, Sendable, Equatable {
        /// Token requests.
        var tokens = 0
        /// Key Vault requests that carried a token.
        var vault = 0
        /// Key Vault requests that were answered 401.
        var unauthorized = 0
        /// TLS connections that came in through the proxy.
        var connections = 0
    }

    private let counts = Mutex(Counts())

    var current: Counts { counts.withLock { $0 } }

    func reset() {
        counts.withLock { $0 = Counts() }
    }

    func add(_ member: WritableKeyPath<Counts, Int>) {
        counts.withLock { $0[keyPath: member] += 1 }
    }
}
