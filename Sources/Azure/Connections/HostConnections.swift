internal import AsyncSupport
internal import NIOCore

/// The connections of one route, and the requests that wait for one. It must be used on the engine's event loop only.
final class HostConnections: HTTPConnection.Owner {
    let route: Route
    private let connector: Connector
    private let maximum: Int
    private let idleTotal: IdleTotal
    /// Called when the route has neither connections nor waiting requests.
    private let onEmpty: (HostConnections) -> Void

    /// The last one was used most recently and is used next, so that connections that are not needed reach their idle
    /// timeout.
    private var idle: [HTTPConnection] = [] {
        didSet { idleTotal.count += idle.count - oldValue.count }
    }
    /// The number of connections: idle, in use and being opened.
    private var count = 0
    private var opening = 0
    private var waiting = FairQueue<NIOLoopBound<Exchange>>()
    /// The number of waiting requests, including some that may have ended already.
    private var waitingCount = 0
    private var isClosed = false

    init(
        _ route: Route, _ connector: Connector, maximum: Int, _ idleTotal: IdleTotal,
        onEmpty: @escaping (HostConnections) -> Void
    ) {
        self.route = route
        self.connector = connector
        self.maximum = maximum
        self.idleTotal = idleTotal
        self.onEmpty = onEmpty
    }

    /// Sends the request over an idle connection, or over the next one that becomes free.
    func submit(_ exchange: Exchange) {
        if let connection = popIdle() { return connection.send(exchange) }
        waiting.append(NIOLoopBound(exchange, eventLoop: connector.eventLoop), of: exchange.namespace)
        waitingCount += 1
        openIfNeeded(for: exchange.namespace)
    }

    /// Closes the connections that have been idle since `limit` or before.
    func sweep(_ limit: NIODeadline) {
        let old = idle.prefix { $0.idleSince <= limit }
        for connection in old { connection.close() }
    }

    /// Stops using the connections: each closes after its current request.
    func retire() {
        isClosed = true
        for connection in idle { connection.close() }
    }

    var idleCount: Int { idle.count }

    func closeOldestIdle() {
        idle.first?.close()
    }

    // MARK: - Connections

    private func popIdle() -> HTTPConnection? {
        while let connection = idle.popLast() {
            if connection.isIdle { return connection }
        }
        return nil
    }

    /// Opens a connection for each waiting request, up to the maximum. The request takes the first connection that is
    /// free.
    private func openIfNeeded(for namespace: String) {
        guard opening < waitingCount else { return }
        guard count < maximum else {
            // All connections that are being opened may wait for a look-up that counts for another namespace's share.
            if opening > 0, waiting.count(of: namespace) == 1 { connector.resolve(route, for: namespace) }
            return
        }
        opening += 1
        count += 1
        connector.connect(route, for: namespace).assumeIsolated().whenComplete { result in
            self.opening -= 1
            switch result {
            case .success(let connection):
                connection.owner = self
                self.connectionIsIdle(connection)
            case .failure(let error):
                self.count -= 1
                // The error of one attempt is the outcome of one request.
                self.popWaiting()?.end(
                    .failure(error as? TransportError ?? TransportError(.connect, .transient, "\(error)")))
                if self.waitingCount > 0 { self.openIfNeeded(for: namespace) }
                self.leaveIfEmpty()
            }
        }
    }

    private func popWaiting() -> Exchange? {
        while let exchange = waiting.popFirst()?.value {
            waitingCount -= 1
            if !exchange.isOver { return exchange }
        }
        return nil
    }

    func connectionIsIdle(_ connection: HTTPConnection) {
        if let exchange = popWaiting() {
            connection.send(exchange)
        } else if isClosed {
            connection.close()
        } else {
            idle.append(connection)
        }
    }

    func connectionHasClosed(_ connection: HTTPConnection) {
        count -= 1
        idle.removeAll { $0 === connection }
        waiting.removeAll { $0.value.isOver }
        waitingCount = waiting.count
        if let namespace = waiting.nextOwner { openIfNeeded(for: namespace) }
        leaveIfEmpty()
    }

    private func leaveIfEmpty() {
        if count == 0, waiting.isEmpty { onEmpty(self) }
    }
}

/// The number of idle connections of all hosts.
final class IdleTotal {
    var count = 0
}
