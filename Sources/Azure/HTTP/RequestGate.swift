internal import AsyncSupport
internal import SecretMemory
internal import Synchronization

/// Limits the concurrent requests to one service, for all mounts of the node.
///
/// Namespaces take turns, so that in each turn a request waits for at most one request of each other namespace.
/// Throttling by the service affects only one namespace: if the service refuses a request because of too many requests,
/// the gate pauses that namespace and halves its limit; each success raises the limit a little. All members can be used
/// from any thread.
package final class RequestGate: Sendable {
    /// The limits of a service.
    package struct Limits: Sendable {
        var concurrent: Int
        /// The maximum number of concurrent requests of one namespace.
        var ofNamespace: Int
        /// The maximum number of requests per second; nil for no limit.
        var perSecond: Int?

        package init(concurrent: Int, ofNamespace: Int? = nil, perSecond: Int? = nil) {
            self.concurrent = concurrent
            self.ofNamespace = ofNamespace ?? concurrent
            self.perSecond = perSecond
        }
    }

    /// Permission to send one request. The owner must call `leave` with it exactly once.
    package struct Permit: Sendable {
        fileprivate var namespace: String
        fileprivate var admittedAt: Duration
        /// The time to wait before sending, so that the rate limit is kept.
        package fileprivate(set) var delay = Duration.zero
    }

    /// The state of one namespace. A namespace without it does not have running requests and was not throttled
    /// recently.
    private struct Lane {
        var limit: Double
        var running = 0
        var pausedUntil = Duration.zero
        var lastRefusal = Duration.zero
        /// Whether a timer will admit waiting requests when the pause is over.
        var hasTimer = false

        /// Whether the state can be dropped without losing information. A limit that was lowered long ago does not
        /// count.
        func isIdle(_ full: Int, _ now: Duration) -> Bool {
            running == 0 && pausedUntil <= now && !hasTimer
                && (Int(limit) == full || now - lastRefusal > RequestGate.retention)
        }
    }

    private struct State {
        var running = 0
        var lanes: [String: Lane] = [:]
        /// The time of the next request, if the rate is limited.
        var nextSlot = Duration.seconds(-1000)
        var firstMounts = FairWaiterQueue<Void, Permit>()
        var republishes = FairWaiterQueue<Void, Permit>()
        /// The number of first mounts admitted since the last republish.
        var firstMountsInTurn = 0

        var hasWaiters: Bool { !firstMounts.isEmpty || !republishes.isEmpty }

        func isAdmissible(_ namespace: String, _ limits: Limits, _ now: Duration) -> Bool {
            running < limits.concurrent && Self.isAdmissible(lanes[namespace], now)
        }

        private static func isAdmissible(_ lane: Lane?, _ now: Duration) -> Bool {
            lane.map { now >= $0.pausedUntil && $0.running < Int($0.limit) } ?? true
        }

        /// Removes and returns the next waiting request that can be admitted now.
        mutating func popFirst(
            _ limits: Limits, _ now: Duration
        ) -> (claim: WaiterClaim<Void, Permit>, owner: String)? {
            guard running < limits.concurrent else { return nil }
            let lanes = lanes
            func condition(_ namespace: String, _ tag: Void) -> Bool { Self.isAdmissible(lanes[namespace], now) }
            if firstMountsInTurn < RequestGate.firstMountsPerTurn, let found = firstMounts.popFirst(where: condition) {
                firstMountsInTurn += 1
                return found
            }
            firstMountsInTurn = 0
            return republishes.popFirst(where: condition) ?? firstMounts.popFirst(where: condition)
        }
    }

    /// The time for which a lowered limit is remembered after the last refusal.
    private static let retention = Duration.seconds(600)
    /// First mounts come before republishes, except for every fifth request. An endless stream of first mounts, such as
    /// those of pods that cannot start, must not stop the updates of running pods.
    private static let firstMountsPerTurn = 4

    private let limits: Limits
    private let time: TimeSource
    private let onThrottle: @Sendable () -> Void
    private let state = Mutex(State())

    /// Creates a gate. `onThrottle` is called for each pause that the service asks for.
    package init(_ limits: Limits, time: TimeSource, onThrottle: @escaping @Sendable () -> Void = {}) {
        self.onThrottle = onThrottle
        self.limits = limits
        self.time = time
    }

    /// Returns the current limit on concurrent requests of `namespace`.
    package func limit(of namespace: String) -> Int {
        state.withLock { Int($0.lanes[namespace]?.limit ?? Double(limits.ofNamespace)) }
    }

    /// The number of waiting requests.
    package var waiting: Int { state.withLock { $0.firstMounts.count + $0.republishes.count } }

    /// Whether the gate has no running requests and no state that would be lost with it.
    var isIdle: Bool {
        let now = time.elapsed()
        return state.withLock { state in
            state.running == 0 && !state.hasWaiters
                && state.lanes.values.allSatisfy { $0.isIdle(limits.ofNamespace, now) }
        }
    }

    /// Admits as many of `count` requests as can be sent now, without waiting. If other requests wait, it admits none.
    ///
    /// Fails if the service has asked the namespace for a pause that ends after the deadline.
    func enterNow(_ context: RequestContext, upTo count: Int) -> Result<[Permit], TransportError> {
        let namespace = context.namespace
        return state.withLock { state in
            let now = time.elapsed()
            let pause = (state.lanes[namespace]?.pausedUntil ?? .zero) - now
            if pause > .zero, pause >= context.deadline.remaining { return .failure(Self.paused(pause)) }
            var permits: [Permit] = []
            while permits.count < count, !state.hasWaiters, state.isAdmissible(namespace, limits, now) {
                permits.append(admit(namespace, &state, now))
            }
            return .success(permits)
        }
    }

    private static func paused(_ pause: Duration) -> TransportError {
        TransportError(
            .request, .throttled,
            "it asked this node to wait for another \(pause.rounded), longer than a mount may take")
    }

    /// Waits until the request can be sent. First mounts of pods come before other requests.
    ///
    /// Throws if the service has asked the namespace for a pause that ends after the deadline, or if the task is
    /// cancelled. It does not check the deadline while it waits: the mount that the request belongs to then ends and
    /// cancels the task.
    package func enter(_ context: RequestContext) async throws(TransportError) -> Permit {
        enum Step {
            case permit(Permit)
            case paused(Duration)
            case wait(Waiter<Void, Permit>)
        }
        let namespace = context.namespace
        let step: Step = state.withLock { state in
            let now = time.elapsed()
            let pause = (state.lanes[namespace]?.pausedUntil ?? .zero) - now
            if pause > .zero, pause >= context.deadline.remaining { return .paused(pause) }
            if !state.hasWaiters, state.isAdmissible(namespace, limits, now) {
                return .permit(admit(namespace, &state, now))
            }
            switch context.priority {
            case .firstMount: return .wait(state.firstMounts.append((), of: namespace))
            case .republish: return .wait(state.republishes.append((), of: namespace))
            }
        }
        switch step {
        case .permit(let permit): return permit
        case .paused(let pause): throw Self.paused(pause)
        case .wait(let waiter):
            scheduleAdmission(of: namespace)
            guard let permit = await waiter.value() else {
                throw TransportError(.request, .cancelled, "the caller gave up")
            }
            return permit
        }
    }

    /// Records the end of the request.
    package func leave(_ permit: Permit, succeeded: Bool) {
        let full = Double(limits.ofNamespace)
        state.withLock { state in
            state.running -= 1
            guard var lane = state.lanes[permit.namespace] else { return }
            lane.running -= 1
            if succeeded, Int(lane.limit) < limits.ofNamespace { lane.limit = min(full, lane.limit + 1 / lane.limit) }
            state.lanes[permit.namespace] = lane.isIdle(limits.ofNamespace, time.elapsed()) ? nil : lane
        }
        admitWaiters()
    }

    /// Records that the service refused the request of `permit` because of too many requests, and asks for `pause`.
    package func throttle(_ permit: Permit, pause: Duration) {
        let isNew = state.withLock { state in
            let now = time.elapsed()
            state.lanes = state.lanes.filter { !$0.value.isIdle(limits.ofNamespace, now) }
            var lane = state.lanes[permit.namespace] ?? Lane(limit: Double(limits.ofNamespace))
            defer { state.lanes[permit.namespace] = lane }
            // Several refusals of concurrent requests count as one.
            if permit.admittedAt >= lane.lastRefusal {
                lane.limit = max(1, lane.limit / 2)
                lane.lastRefusal = now
            }
            guard now + pause > lane.pausedUntil else { return false }
            lane.pausedUntil = now + pause
            return true
        }
        if isNew { onThrottle() }
        scheduleAdmission(of: permit.namespace)
    }

    // MARK: - Waiting

    /// Admits waiting requests now, and those of `namespace` when its pause is over.
    private func scheduleAdmission(of namespace: String) {
        let pause: Duration? = state.withLock { state in
            guard let lane = state.lanes[namespace], !lane.hasTimer else { return nil }
            let pause = lane.pausedUntil - time.elapsed()
            guard pause > .zero, state.firstMounts.contains(namespace) || state.republishes.contains(namespace)
            else { return nil }
            state.lanes[namespace]?.hasTimer = true
            return pause
        }
        if let pause {
            Task { [weak self, time] in
                try? await time.sleep(pause)
                self?.state.withLock { $0.lanes[namespace]?.hasTimer = false }
                // The pause may have become longer.
                self?.scheduleAdmission(of: namespace)
            }
        }
        // This call comes after the check of the pause, which may have ended since.
        admitWaiters()
    }

    private func admitWaiters() {
        let admitted = state.withLock { state in
            let now = time.elapsed()
            var admitted: [(claim: WaiterClaim<Void, Permit>, permit: Permit)] = []
            while let (claim, namespace) = state.popFirst(limits, now) {
                admitted.append((claim, admit(namespace, &state, now)))
            }
            return admitted
        }
        for (claim, permit) in admitted { claim.resume(returning: permit) }
    }

    private func admit(_ namespace: String, _ state: inout State, _ now: Duration) -> Permit {
        state.running += 1
        state.lanes[namespace, default: Lane(limit: Double(limits.ofNamespace))].running += 1
        var permit = Permit(namespace: namespace, admittedAt: now)
        if let rate = limits.perSecond {
            // The number of concurrent requests is also the number that can start together.
            let spacing = Duration.seconds(1) / rate
            let slot = max(state.nextSlot, now - spacing * limits.concurrent)
            state.nextSlot = slot + spacing
            permit.delay = max(.zero, slot - now)
        }
        return permit
    }
}

/// The gates of all services that a node sends requests to.
final class RequestGates: Sendable {
    private static let maximum = 1000

    private let limits: RequestGate.Limits
    private let time: TimeSource
    private let onThrottle: @Sendable (String) -> Void
    private let gates = Mutex<[String: RequestGate]>([:])

    init(
        _ limits: RequestGate.Limits, time: TimeSource, onThrottle: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.onThrottle = onThrottle
        self.limits = limits
        self.time = time
    }

    /// Returns the gate for `service`. Hosts and ids are the same in any letter case, so another spelling does not get
    /// around a pause.
    subscript(service: String) -> RequestGate {
        let service = service.utf8.contains(where: ASCII.uppercase.contains) ? service.lowercasedASCII : service
        return gates.withLock { gates in
            if let gate = gates[service] { return gate }
            if gates.count >= Self.maximum { gates = gates.filter { !$0.value.isIdle } }
            let gate = RequestGate(limits, time: time) { [onThrottle] in onThrottle(service) }
            gates[service] = gate
            return gate
        }
    }
}
