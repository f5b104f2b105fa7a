internal import Synchronization

/// How often what was called, and how much of it at once, so that demonstrations and tests can count
/// round trips.
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
        /// By class: `entra`, `imds`, `nmi`, `token-proxy`, `vault`, `proxy`, `tls`, and within them
        /// `vault:NAME get`, `vault:NAME list`, `vault:NAME put`, `proxy:HOST` and `tls:HOST`.
        package var classes: [String: Class] = [:]

        package init() {}

        /// How often a class was called; 0 if never.
        package func calls(_ name: String) -> Int { classes[name]?.calls ?? 0 }
    }

    /// The calls of one kind, whatever became of them.
    package struct Class: Codable, Sendable, Equatable {
        package var calls = 0
        /// Under way now.
        package var running = 0
        /// The most that were under way at once.
        package var peak = 0
    }

    private let counts = Mutex(Counts())

    var current: Counts { counts.withLock { $0 } }

    /// Starts again from zero; what is under way stays so.
    package func reset() {
        counts.withLock { counts in
            let running = counts.classes.compactMapValues { kind in
                kind.running > 0 ? Class(calls: 0, running: kind.running, peak: kind.running) : nil
            }
            counts = Counts()
            counts.classes = running
        }
    }

    func add(_ member: WritableKeyPath<Counts, Int>) {
        counts.withLock { $0[keyPath: member] += 1 }
    }

    func begin(_ names: [String]) {
        counts.withLock { counts in
            for name in names {
                var kind = counts.classes[name] ?? Class()
                kind.calls += 1
                kind.running += 1
                kind.peak = max(kind.peak, kind.running)
                counts.classes[name] = kind
            }
        }
    }

    func end(_ names: [String]) {
        counts.withLock { counts in
            for name in names { counts.classes[name]?.running -= 1 }
        }
    }

    /// Under which names `call` is counted.
    static func classes(of call: FaultBook.Call) -> [String] {
        switch call.service {
        case .vault(let name):
            let isList =
                call.method == "GET" && (call.path.hasSuffix("/versions") || !call.path.dropFirst().contains("/"))
            return ["vault", "vault:\(name) \(isList ? "list" : call.method.lowercased())"]
        case .proxy(let host): return ["proxy", "proxy:\(host)"]
        default: return [call.service.name]
        }
    }
}
