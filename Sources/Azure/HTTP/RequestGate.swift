internal import AsyncSupport
internal import Synchronization

/// Lets only so many requests to one service be under way, and none while it has asked for a pause.
///
/// Every mount of the node goes through the same gate, so that what one learns calms all. A refusal
/// for too many requests halves the number let through; each success raises it a little again.
package final class RequestGate: Sendable {
    package struct Limits: Sendable {
        var concurrent: Int
        /// Requests a second; unlimited when nil.
        var perSecond: Int?

        package init(concurrent: Int, perSecond: Int? = nil) {
            self.concurrent = concurrent
            self.perSecond = perSecond
        }
    }

    /// What a request was let through with.
    package struct Permit: Sendable {
        fileprivate var admittedAt: Duration
        /// How long to wait before sending, so that the rate is kept.
        package fileprivate(set) var delay = Duration.zero
    }

    private struct State {
        var limit: Double
        var running = 0
        var pausedUntil = Duration.zero
        var lastRefusal = Duration.zero
        /// The moment of the next request, when the rate is bounded.
        var nextSlot = Duration.seconds(-1000)
        var waiting: [RequestPriority: WaiterQueue<Void, Permit>] = [:]
        /// Whether a timer will admit waiters when the pause is over.
        var hasTimer = false

        var hasWaiters: Bool { waiting.values.contains { !$0.isEmpty } }
        var isIdle: Bool { running == 0 && !hasWaiters }

        /// Claims the next waiter: the first mounts of pods come before others.
        mutating func popFirst() -> WaiterClaim<Void, Permit>? {
            waiting[.firstMount]?.popFirst() ?? waiting[.republish]?.popFirst()
        }
    }

    private let limits: Limits
    private let time: TimeSource
    private let onThrottle: @Sendable () -> Void
    private let state: Mutex<State>

    /// `onThrottle` is told of each pause that the service asks for.
    package init(_ limits: Limits, time: TimeSource, onThrottle: @escaping @Sendable () -> Void = {}) {
        self.onThrottle = onThrottle
        self.limits = limits
        self.time = time
        state = Mutex(State(limit: Double(limits.concurrent)))
    }

    /// How many may be under way now.
    package var limit: Int { state.withLock { Int($0.limit) } }

    /// The number of requests that wait.
    package var waiting: Int { state.withLock { $0.waiting.values.reduce(0) { $0 + $1.count } } }

    /// Nothing under way, and nothing learned that would be lost with it.
    var isIdle: Bool {
        let now = time.elapsed()
        return state.withLock { $0.isIdle && $0.pausedUntil <= now && Int($0.limit) == limits.concurrent }
    }

    /// Waits until the request may be sent. The first mounts of pods come before others.
    ///
    /// Throws if the service has asked for a pause that ends after `deadline`, or if the task is cancelled. It does not
    /// watch the deadline while it waits: the mount that the request belongs to ends then and cancels the task.
    package func enter(_ priority: RequestPriority, until deadline: Deadline) async throws(TransportError) -> Permit {
        enum Step {
            case permit(Permit)
            case paused(Duration)
            case wait(Waiter<Void, Permit>)
        }
        let step: Step = state.withLock { state in
            let now = time.elapsed()
            let pause = state.pausedUntil - now
            if pause > .zero, pause >= deadline.remaining { return .paused(pause) }
            if pause <= .zero, state.running < Int(state.limit), !state.hasWaiters {
                return .permit(admit(&state, now))
            }
            return .wait(state.waiting[priority, default: WaiterQueue()].append(()))
        }
        switch step {
        case .permit(let permit): return permit
        case .paused(let pause):
            throw TransportError(
                .request, .throttled,
                "it asked this node to wait for another \(pause.rounded), longer than a mount may take")
        case .wait(let waiter):
            scheduleAdmission()
            guard let permit = await waiter.value() else {
                throw TransportError(.request, .cancelled, "the caller gave up")
            }
            return permit
        }
    }

    /// The request is over.
    package func leave(succeeded: Bool) {
        state.withLock { state in
            state.running -= 1
            if succeeded, Int(state.limit) < limits.concurrent {
                state.limit = min(Double(limits.concurrent), state.limit + 1 / state.limit)
            }
        }
        admitWaiters()
    }

    /// The service refused the request of `permit` for being one too many, and wants `pause`.
    package func throttle(_ permit: Permit, pause: Duration) {
        let isNew = state.withLock { state in
            let now = time.elapsed()
            // Refusals of requests that were under way together are one piece of news.
            if permit.admittedAt >= state.lastRefusal {
                state.limit = max(1, state.limit / 2)
                state.lastRefusal = now
            }
            guard now + pause > state.pausedUntil else { return false }
            state.pausedUntil = now + pause
            return true
        }
        if isNew { onThrottle() }
        scheduleAdmission()
    }

    // MARK: - Waiting

    /// Admits the waiters now, or when the pause is over.
    private func scheduleAdmission() {
        let pause: Duration? = state.withLock { state in
            let pause = state.pausedUntil - time.elapsed()
            guard pause > .zero, !state.hasTimer, state.hasWaiters else { return nil }
            state.hasTimer = true
            return pause
        }
        if let pause {
            Task { [weak self, time] in
                try? await time.sleep(pause)
                self?.state.withLock { $0.hasTimer = false }
                // The pause may have become longer.
                self?.scheduleAdmission()
            }
        }
        // After the look at the pause, which may have ended since.
        admitWaiters()
    }

    private func admitWaiters() {
        let admitted = state.withLock { state in
            let now = time.elapsed()
            var admitted: [(claim: WaiterClaim<Void, Permit>, permit: Permit)] = []
            while now >= state.pausedUntil, state.running < Int(state.limit), let claim = state.popFirst() {
                admitted.append((claim, admit(&state, now)))
            }
            return admitted
        }
        for (claim, permit) in admitted { claim.resume(returning: permit) }
    }

    private func admit(_ state: inout State, _ now: Duration) -> Permit {
        state.running += 1
        var permit = Permit(admittedAt: now)
        if let rate = limits.perSecond {
            // As many as may be under way at once may also begin at once.
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
