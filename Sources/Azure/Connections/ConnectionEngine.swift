internal import AsyncSupport
internal import NIOCore

/// All connections and running requests of the transport. It must be used on its event loop only, so it needs no locks.
final class ConnectionEngine {
    struct Limits {
        var connectionsPerHost: Int
        /// The maximum number of running requests of one namespace. Further requests of the namespace wait.
        var requestsOfNamespace = 200
        var idleTimeout: Duration
        /// The maximum number of idle connections of all hosts. Beyond it, the host with the most idle connections loses its
        /// oldest one.
        var idleConnections = 256
    }

    /// Requests that one call of `begin` started.
    private struct Batch {
        /// The requests by index.
        var exchanges: [Int: Exchange]
        var timer: Scheduled<Void>
    }

    private let connector: Connector
    private let limits: Limits
    private var hosts: [Route: HostConnections] = [:]
    private var batches: [UInt64: Batch] = [:]
    private var running: [String: Int] = [:]
    private var waiting: [String: [Exchange]] = [:]
    private let idleTotal = IdleTotal()
    private var hasSweep = false

    init(_ connector: Connector, _ limits: Limits) {
        self.connector = connector
        self.limits = limits
    }

    var hostCount: Int { hosts.count }

    /// Starts requests, and calls `deliver` once with the outcome of each. `cancel(number)` or `timeout` ends them early.
    func begin(
        _ number: UInt64, _ requests: [Planned], userAgent: String, timeout: Duration,
        deliver: @escaping @Sendable (Int, Result<HTTPResponse, TransportError>) -> Void
    ) {
        guard !requests.isEmpty else { return }
        var remaining = requests.count
        let exchanges = requests.map { planned in
            Exchange(planned.request, planned.url, planned.route, userAgent: userAgent) {
                deliver(planned.index, $1)
                self.ended($0)
                remaining -= 1
                if remaining == 0 { self.batches.removeValue(forKey: number)?.timer.cancel() }
            }
        }
        let timer = connector.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(timeout)) {
            self.abort(number, TransportError(.request, .timedOut, "no response within \(timeout.rounded)"))
        }
        batches[number] = Batch(
            exchanges: Dictionary(uniqueKeysWithValues: zip(requests.map(\.index), exchanges)), timer: timer)
        for exchange in exchanges { submit(exchange) }
    }

    /// Ends one of the requests of `begin`, or all of them, if they have not ended.
    func cancel(_ number: UInt64, _ index: Int?) {
        let error = TransportError(.request, .cancelled, "the caller gave up")
        if let index { batches[number]?.exchanges[index]?.abort(error) } else { abort(number, error) }
    }

    /// Stops using connections of routes that `isCurrent` does not accept, because the trusted authorities have changed.
    func retire(unless isCurrent: (Route) -> Bool) {
        for (route, connections) in hosts where !isCurrent(route) {
            hosts[route] = nil
            connections.retire()
        }
    }

    private func abort(_ number: UInt64, _ error: TransportError) {
        guard let batch = batches[number] else { return }
        // Waiting requests first: otherwise the pool would open a new connection for them when one closes.
        for exchange in batch.exchanges.values where exchange.connection == nil { exchange.abort(error) }
        for exchange in batch.exchanges.values { exchange.abort(error) }
    }

    // MARK: - Shares

    private func submit(_ exchange: Exchange) {
        let namespace = exchange.namespace
        guard running[namespace, default: 0] < limits.requestsOfNamespace else {
            waiting[namespace, default: []].append(exchange)
            return
        }
        running[namespace, default: 0] += 1
        exchange.isCounted = true
        send(exchange)
    }

    private func ended(_ exchange: Exchange) {
        guard exchange.isCounted else { return }
        let namespace = exchange.namespace
        let count = running[namespace, default: 1] - 1
        running[namespace] = count == 0 ? nil : count
        // Deferred, because the other request has not ended completely yet.
        guard waiting[namespace] != nil else { return }
        connector.eventLoop.assumeIsolated().execute { self.submitWaiting(namespace) }
    }

    private func submitWaiting(_ namespace: String) {
        guard var line = waiting.removeValue(forKey: namespace) else { return }
        let room = limits.requestsOfNamespace - running[namespace, default: 0]
        var admitted: [Exchange] = []
        var end = 0
        while end < line.count, admitted.count < room {
            // Requests that were cancelled while they waited need no place.
            if !line[end].isOver { admitted.append(line[end]) }
            end += 1
        }
        line.removeFirst(end)
        waiting[namespace] = line.isEmpty ? nil : line
        for exchange in admitted { submit(exchange) }
    }

    private func send(_ exchange: Exchange) {
        guard !exchange.isOver else { return }
        let route = exchange.route
        let connections: HostConnections
        if let known = hosts[route] {
            connections = known
        } else {
            connections = HostConnections(route, connector, maximum: limits.connectionsPerHost, idleTotal) {
                [weak self] empty in
                if let self, hosts[empty.route] === empty { hosts[empty.route] = nil }
            }
            hosts[route] = connections
        }
        while idleTotal.count > limits.idleConnections, let most = hosts.values.max(by: { $0.idleCount < $1.idleCount })
        {
            most.closeOldestIdle()
        }
        connections.submit(exchange)
        scheduleSweep()
    }

    // MARK: - Idle connections

    private func scheduleSweep() {
        guard !hasSweep else { return }
        hasSweep = true
        let interval = TimeAmount(min(limits.idleTimeout, .seconds(5)))
        connector.eventLoop.assumeIsolated().scheduleTask(in: interval) { self.sweep() }
    }

    private func sweep() {
        hasSweep = false
        let limit = NIODeadline.now() - TimeAmount(limits.idleTimeout)
        for connections in hosts.values { connections.sweep(limit) }
        if !hosts.isEmpty { scheduleSweep() }
    }
}
