internal import Foundation
internal import Synchronization

/// The faults that are set, and the decision which of them strike a call.
package final class FaultRegistry: Sendable {
    /// The effect of the faults on a call.
    struct Effect: Sendable {
        /// The sum of all latencies that strike the call.
        var delay = Duration.zero
        /// The first other fault that strikes the call.
        var fault: Fault?
    }

    /// A fault in the registry and its counts.
    package struct Entry: Codable, Sendable {
        /// The number with which the fault is removed.
        package var id: Int
        /// The arguments with which the command line sets the same fault.
        package var fault: String
        /// The number of calls that matched the fault.
        package var matched: Int
        /// The number of calls that the fault struck.
        package var struck: Int
        /// Whether the fault can no longer strike.
        package var isSpent: Bool
    }

    private struct State {
        var nextID = 1
        var faults: [RegisteredFault] = []
        var observers: [UUID: AsyncStream<String>.Continuation] = [:]
    }

    private let state = Mutex(State())
    private let clock: EmulatorClock
    private let start = ContinuousClock.now

    init(clock: EmulatorClock, faults: [Fault] = []) {
        self.clock = clock
        for fault in faults { add(fault) }
    }

    /// Sets a fault. Returns its number.
    @discardableResult
    package func add(_ fault: Fault) -> Int {
        let now = now(fault.clock)
        return state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.faults.append(RegisteredFault(id: id, fault: fault, now: now))
            return id
        }
    }

    /// Removes the fault with this number, or all faults. Returns false if there is no fault with the number.
    @discardableResult
    package func clear(_ id: Int? = nil) -> Bool {
        state.withLock { state in
            let before = state.faults.count
            state.faults.removeAll { id == nil || $0.id == id }
            return id == nil || state.faults.count < before
        }
    }

    package var entries: [Entry] {
        state.withLock { state in
            state.faults.map { registered in
                Entry(
                    id: registered.id, fault: registered.fault.description, matched: registered.matched,
                    struck: registered.struck, isSpent: registered.isSpent(at: now(registered.fault.clock)))
            }
        }
    }

    /// The faults that strike calls from now on, each as in `Entry.fault`.
    package func strikes() -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        let id = UUID()
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.observers.removeValue(forKey: id) }
        }
        state.withLock { $0.observers[id] = continuation }
        return stream
    }

    /// Decides which faults strike `call`, and counts it for them.
    func effect(on call: ServiceCall) -> Effect {
        state.withLock { state in
            var effect = Effect()
            guard !state.faults.isEmpty else { return effect }
            let now: [Fault.Clock: Double] = [.emulator: now(.emulator), .real: now(.real)]
            for index in state.faults.indices {
                let fault = state.faults[index].fault
                let isLatency = fault.kind == .latency
                guard isLatency || effect.fault == nil, state.faults[index].strikes(call, at: now[fault.clock] ?? 0)
                else { continue }
                if isLatency { effect.delay += fault.delay } else { effect.fault = fault }
                for observer in state.observers.values { observer.yield(fault.description) }
            }
            return effect
        }
    }

    /// The seconds that a clock shows, counted from any fixed moment.
    private func now(_ clock: Fault.Clock) -> Double {
        switch clock {
        case .emulator: self.clock.now.timeIntervalSince1970
        case .real: (ContinuousClock.now - start).inSeconds
        }
    }
}

/// A fault with the state of its schedule. Times are in seconds by the fault's clock.
private struct RegisteredFault {
    let id: Int
    let fault: Fault
    private var random: SplitMix64
    private let begin: Double
    private(set) var matched = 0
    private(set) var struck = 0

    init(id: Int, fault: Fault, now: Double) {
        self.id = id
        self.fault = fault
        random = SplitMix64(seed: fault.seed)
        begin = now + fault.at.inSeconds
    }

    /// Whether `now` lies between a start of the fault and the end that follows it.
    private func isActive(at now: Double) -> Bool {
        guard now >= begin else { return false }
        guard let duration = fault.duration?.inSeconds else { return true }
        guard let period = fault.period?.inSeconds else { return now < begin + duration }
        return (now - begin).truncatingRemainder(dividingBy: period) < duration
    }

    func isSpent(at now: Double) -> Bool {
        if fault.period == nil, now >= begin, !isActive(at: now) { return true }
        if let count = fault.count, struck >= count { return true }
        if let pattern = fault.pattern, matched >= pattern.count { return true }
        return false
    }

    mutating func strikes(_ call: ServiceCall, at now: Double) -> Bool {
        guard fault.kind.stages.contains(call.stage), fault.target.includes(call.service), isActive(at: now),
            !isSpent(at: now), fault.method == nil || fault.method == call.method,
            fault.path?.matches(call.path) != false
        else { return false }
        matched += 1
        if let pattern = fault.pattern, pattern[matched - 1] != "x" { return false }
        // One random number for each matching call, so that the same calls have the same result again.
        if fault.probability < 1, random.nextFraction() >= fault.probability { return false }
        struck += 1
        return true
    }
}
