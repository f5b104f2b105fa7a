internal import AsyncSupport
internal import Synchronization

/// Bounds the requests to one service that are under way at the same time, for all mounts of the node.
///
/// Namespaces take turns, so that a request waits for at most one of each other namespace per turn. What the service
/// asks of one namespace binds that namespace alone: a refusal for too many requests pauses its requests and halves
/// their number, and each success raises the number a little again.
package final class RequestGate: Sendable {
    package struct Limits: Sendable {
        var concurrent: Int
        /// The most that one namespace may have under way.
        var ofNamespace: Int
        /// Requests a second; unlimited when nil.
        var perSecond: Int?

        package init(concurrent: Int, ofNamespace: Int? = nil, perSecond: Int? = nil) {
            self.concurrent = concurrent
            self.ofNamespace = ofNamespace ?? concurrent
            self.perSecond = perSecond
        }
    }

    /// What a request was admitted with. `leave` must be called with it once.
    package struct Permit: Sendable {
        fileprivate var namespace: String
        fileprivate var admittedAt: Duration
        /// How long to wait before sending, so that the rate is kept.
        package fileprivate(set) var delay = Duration.zero
    }

    /// What is known of one namespace's requests. One without it has nothing under way and was not throttled lately.
    private struct Lane {
        var limit: Double
        var running = 0
        var pausedUntil = Duration.zero
        var lastRefusal = Duration.zero
        /// Whether a timer will admit waiters when the pause is over.
        var hasTimer = false

        /// Nothing would be lost with it. A limit that was learned long ago counts as nothing.
        func isIdle(_ full: Int, _ now: Duration) -> Bool {
            running == 0 && pausedUntil <= now && !hasTimer
                && (Int(limit) == full || now - lastRefusal > RequestGate.retention)
        }
    }

    private struct State {
        var running = 0
        var lanes: [String: Lane] = [:]
        /// The moment of the next request, when the rate is bounded.
        var nextSlot = Duration.seconds(-1000)
        var firstMounts = FairWaiterQueue<Void, Permit>()
        var republishes = FairWaiterQueue<Void, Permit>()
        /// First mounts that were admitted since the last republish.
        var firstMountsInTurn = 0

        var hasWaiters: Bool { !firstMounts.isEmpty || !republishes.isEmpty }

        func isAdmissible(_ namespace: String, _ limits: Limits, _ now: Duration) -> Bool {
            running < limits.concurrent && Self.isAdmissible(lanes[namespace], now)
        }

        private static func isAdmissible(_ lane: Lane?, _ now: Duration) -> Bool {
            lane.map { now >= $0.pausedUntil && $0.running < Int($0.limit) } ?? true
        }

        /// Claims the next waiter that may be admitted now.
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

    /// How long a lower limit is remembered after the last refusal.
    private static let retention = Duration.seconds(600)
    /// First mounts go before republishes, except for every fifth request: first mounts that never stop coming, such as
    /// those of pods that cannot start, must not keep the files of running pods from being renewed.
    private static let firstMountsPerTurn = 4

    private let limits: Limits
    private let time: TimeSource
    private let onThrottle: @Sendable () -> Void
    private let state = Mutex(State())

    /// `onThrottle` is called for each pause that the service asks for.
    package init(_ limits: Limits, time: TimeSource, onThrottle: @escaping @Sendable () -> Void = {}) {
        self.onThrottle = onThrottle
        self.limits = limits
        self.time = time
    }

    /// The most requests of `namespace` that may be under way now.
    package func limit(of namespace: String) -> Int {
        state.withLock { Int($0.lanes[namespace]?.limit ?? Double(limits.ofNamespace)) }
    }

    /// The number of requests that wait.
    package var waiting: Int { state.withLock { $0.firstMounts.count + $0.republishes.count } }

    /// Nothing is under way, and nothing was learned that would be lost with the gate.
    var isIdle: Bool {
        let now = time.elapsed()
        return state.withLock { state in
            state.running == 0 && !state.hasWaiters
                && state.lanes.values.allSatisfy { $0.isIdle(limits.ofNamespace, now) }
        }
    }

    /// Admits as many of `count` requests as may be sent now, without waiting: none if others wait.
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

    /// Waits until the request may be sent. The first mounts of pods come before others.
    ///
    /// Throws if the service has asked the namespace for a pause that ends after the deadline, or if the task is
    /// cancelled. It does not watch the deadline while it waits: the mount that the request belongs to ends then and
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

    /// The request is over.
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

    /// The service refused the request of `permit` for being one too many, and wants `pause`.
    package func throttle(_ permit: Permit, pause: Duration) {
        let isNew = state.withLock { state in
            let now = time.elapsed()
            state.lanes = state.lanes.filter { !$0.value.isIdle(limits.ofNamespace, now) }
            var lane = state.lanes[permit.namespace] ?? Lane(limit: Double(limits.ofNamespace))
            defer { state.lanes[permit.namespace] = lane }
            // Refusals of requests that were under way together are one piece of news.
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

    /// Admits waiters now, and those of `namespace` when its pause is over.
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
        // After the look at the pause, which may have ended since.
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
            // As many as may be under way may also begin together.
            let spacing = Duration.seconds(1) / rate
            let slot = max(state.nextSlot, now - spacing * limits.concurrent)
            state.nextSlot = slot + spacing
            permit.delay = max(.zero, slot - now)
        }
        return permit
    }
}

/// The gates of the services a node talks to.
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

    /// The one for `service`.
    subscript(service: String) -> RequestGate {
        gates.withLock { gates in
            if let gate = gates[service] { return gate }
            if gates.count >= Self.maximum { gates = gates.filter { !$0.value.isIdle } }
            let gate = RequestGate(limits, time: time) { [onThrottle] in onThrottle(service) }
            gates[service] = gate
            return gate
        }
    }
}
