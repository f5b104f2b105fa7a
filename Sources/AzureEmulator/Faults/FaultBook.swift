internal import Foundation
internal import Synchronization

/// The faults that are set, and whose turn it is.
package final class FaultBook: Sendable {
    /// A call as faults see it.
    struct Call: Sendable {
        var service: FaultTarget.Service
        var stage: Fault.Kind.Stage
        var method = ""
        var path = ""
    }

    /// A fault and how often it struck.
    package struct Entry: Codable, Sendable {
        package var id: Int
        package var fault: String
        package var matched: Int
        package var struck: Int
        package var isSpent: Bool
    }

    private struct Record {
        var id: Int
        var fault: Fault
        var random: SplitMix64
        /// On the fault's clock.
        var begin: Double
        var matched = 0
        var struck = 0

        /// Whether it has begun and, as far as time goes, not ended.
        func isOn(at now: Double) -> Bool {
            guard now >= begin else { return false }
            guard let duration = fault.duration?.inSeconds else { return true }
            guard let period = fault.period?.inSeconds else { return now < begin + duration }
            return (now - begin).truncatingRemainder(dividingBy: period) < duration
        }

        func isSpent(at now: Double) -> Bool {
            if fault.period == nil, now >= begin, !isOn(at: now) { return true }
            if let count = fault.count, struck >= count { return true }
            if let pattern = fault.pattern, matched >= pattern.count { return true }
            return false
        }

        mutating func strikes(_ call: Call, at now: Double) -> Bool {
            guard fault.kind.stages.contains(call.stage), fault.target.meets(call.service), isOn(at: now),
                !isSpent(at: now), fault.method == nil || fault.method == call.method,
                fault.path?.matches(call.path) != false
            else { return false }
            matched += 1
            if let pattern = fault.pattern, pattern[matched - 1] != "x" { return false }
            // Thrown at each match, so that the same calls meet the same luck again.
            if fault.probability < 1, random.fraction() >= fault.probability { return false }
            struck += 1
            return true
        }
    }

    private struct State {
        var next = 1
        var records: [Record] = []
    }

    private let state = Mutex(State())
    private let clock: EmulatorClock
    private let start = ContinuousClock.now

    init(clock: EmulatorClock, faults: [Fault] = []) {
        self.clock = clock
        for fault in faults { add(fault) }
    }

    /// Seconds since some moment.
    private func now(_ kind: Fault.Clock) -> Double {
        switch kind {
        case .emulator: clock.now.timeIntervalSince1970
        case .real: (ContinuousClock.now - start).inSeconds
        }
    }

    /// The fault's number, by which it can be taken back.
    @discardableResult
    package func add(_ fault: Fault) -> Int {
        let now = now(fault.clock)
        return state.withLock { state in
            let id = state.next
            state.next += 1
            state.records.append(
                Record(
                    id: id, fault: fault, random: SplitMix64(seed: fault.seed), begin: now + fault.at.inSeconds))
            return id
        }
    }

    /// Takes back one fault, or all. False when there is no such fault.
    @discardableResult
    package func clear(_ id: Int? = nil) -> Bool {
        state.withLock { state in
            let before = state.records.count
            state.records.removeAll { id == nil || $0.id == id }
            return id == nil || state.records.count < before
        }
    }

    package var entries: [Entry] {
        state.withLock { state in
            state.records.map { record in
                Entry(
                    id: record.id, fault: record.fault.description, matched: record.matched, struck: record.struck,
                    isSpent: record.isSpent(at: now(record.fault.clock)))
            }
        }
    }

    /// What happens to `call`: all delays, and of the other faults the first that strikes.
    func strikes(_ call: Call) -> (delay: Duration, fault: Fault?) {
        state.withLock { state in
            guard !state.records.isEmpty else { return (.zero, nil) }
            let now: [Fault.Clock: Double] = [.emulator: now(.emulator), .real: now(.real)]
            var (delay, struck): (Duration, Fault?) = (.zero, nil)
            for index in state.records.indices {
                let isLatency = state.records[index].fault.kind == .latency
                let fault = state.records[index].fault
                guard isLatency || struck == nil, state.records[index].strikes(call, at: now[fault.clock] ?? 0)
                else { continue }
                if isLatency { delay += fault.delay } else { struck = fault }
            }
            return (delay, struck)
        }
    }
}

/// A small generator of random numbers that can be replayed (Steele, Lea and Flood, 2014).
struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to 1.
    mutating func fraction() -> Double { Double(next() >> 11) / Double(1 << 53) }
}
