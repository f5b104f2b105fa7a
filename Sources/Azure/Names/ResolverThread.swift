internal import AsyncSupport
internal import Glibc
internal import Synchronization

/// The thread on which all look-ups of a resolver wait for the name service, whatever their number.
final class ResolverThread: Sendable {
    /// One look-up to start.
    struct Order: Sendable {
        var host: String
        var deadline: ContinuousClock.Instant
        /// Called on the thread, once for each family. It must not block.
        var finish: @Sendable (AddressFamily, Result<NameLookup.Found, NameLookup.Failure>) -> Void
    }

    private struct State {
        var orders: [Order] = []
        var isStarted = false
        var isStopped = false
    }

    private let servers: String?
    /// A pipe. A byte in it means that new orders exist.
    private let wake: (read: Int32, write: Int32)
    private let state = Mutex(State())

    /// `servers` is as in `NameLookup`. The first order starts the thread.
    init(servers: String?) {
        self.servers = servers
        var ends: [Int32] = [-1, -1]
        _ = pipe(&ends)
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wake = (ends[0], ends[1])
    }

    deinit {
        close(wake.read)
        close(wake.write)
    }

    /// Starts a look-up.
    func begin(_ order: Order) {
        let isFirst = state.withLock { state in
            state.orders.append(order)
            defer { state.isStarted = true }
            return !state.isStarted
        }
        if isFirst, !start() {
            // The node cannot create a thread. The next order tries again.
            let orders = state.withLock { state in
                defer { state.orders = [] }
                state.isStarted = false
                return state.orders
            }
            for order in orders {
                for family in AddressFamily.allCases { order.finish(family, .failure(.noResponse)) }
            }
            return
        }
        signal()
    }

    /// Ends the thread once its look-ups have ended. It holds the object until then.
    func stop() {
        state.withLock { $0.isStopped = true }
        signal()
    }

    private func signal() {
        // A full pipe has the same effect.
        var byte: UInt8 = 1
        _ = write(wake.write, &byte, 1)
    }

    private func start() -> Bool {
        let argument = Unmanaged.passRetained(self).toOpaque()
        if startThread(argument) { return true }
        Unmanaged<ResolverThread>.fromOpaque(argument).release()
        return false
    }

    fileprivate func run() {
        var lookups: [NameLookup] = []
        while true {
            let (orders, isStopped) = state.withLock { state in
                defer { state.orders = [] }
                return (state.orders, state.isStopped)
            }
            for order in orders {
                let lookup = NameLookup(deadline: order.deadline, finish: order.finish)
                lookup.begin(order.host, servers: servers)
                lookups.append(lookup)
            }
            let now = ContinuousClock.now
            for lookup in lookups where lookup.deadline <= now || lookup.isFinished { lookup.end() }
            lookups.removeAll(where: \.isFinished)
            if lookups.isEmpty, isStopped { return }
            wait(for: lookups)
        }
    }

    /// Waits until a look-up has its next step, or until new orders exist.
    private func wait(for lookups: [NameLookup]) {
        var polls = [pollfd(fd: wake.read, events: Int16(POLLIN), revents: 0)]
        var ends: [Int] = []
        var timeout = Duration.seconds(3600)
        for lookup in lookups {
            timeout = min(timeout, max(.zero, lookup.deadline - ContinuousClock.now))
            lookup.prepare(&polls, &timeout)
            ends.append(polls.count)
        }
        let milliseconds = (timeout.wholeMicroseconds + 999) / 1000
        _ = poll(&polls, nfds_t(polls.count), lookups.isEmpty ? -1 : Int32(clamping: milliseconds))
        if polls[0].revents != 0 {
            var bytes = [UInt8](repeating: 0, count: 256)
            _ = read(wake.read, &bytes, bytes.count)
        }
        var begin = 1
        for (lookup, end) in zip(lookups, ends) {
            lookup.process(polls[begin..<end])
            begin = end
        }
    }
}

private func startThread(_ argument: UnsafeMutableRawPointer) -> Bool {
    withUnsafeTemporaryAllocation(of: pthread_t.self, capacity: 1) { thread in
        guard let place = thread.baseAddress, pthread_create(place, nil, runResolver, argument) == 0 else {
            return false
        }
        pthread_detach(place.pointee)
        return true
    }
}

private func runResolver(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<ResolverThread>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
