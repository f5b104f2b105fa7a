internal import Synchronization

/// How often what was called, so that demonstrations and tests can count round trips.
package final class CallLog: Sendable {
    package struct Counts: Codable, Sendable, Equatable {
        /// Token requests.
        package var tokens = 0
        /// Key Vault requests that carried a token.
        package var vault = 0
        /// Key Vault requests that were answered 401.
        package var unauthorized = 0
        /// TLS connections that came in through the proxy.
        package var connections = 0

        package init() {}
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
