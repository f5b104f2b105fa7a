internal import Synchronization

/// What one mount may cost, in steps of work and in bytes made: one allowance for everything that its class asks for.
///
/// Every loop over what a user writes spends from the budget that is `current`. When `spend` returns false, the loop
/// stops with any error or result. The caller of `run` then checks `overrun`, and uses nothing that was made after an
/// overrun. So a refusal deep inside a parser needs no error type of its own, and the user reads one
/// error for every kind of excess.
///
/// All members may be used from any thread. `run` is for one caller at a time.
package final class MountBudget: Sendable {
    /// Bounds for one mount.
    package struct Limits: Sendable, Equatable {
        /// Steps of work. A step is about 50 ns on a node of 2024: a byte copied costs less, an event of a parser more.
        package var steps: Int
        /// Bytes of intermediate results, such as decoded contents and rendered texts, counted when they are made.
        package var bytes: Int

        package init(steps: Int = 60_000_000, bytes: Int = 16 << 20) {
            self.steps = steps
            self.bytes = bytes
        }
    }

    /// What a mount does with what users write. Errors name the settings that ask for it.
    package enum Activity: Sendable {
        case reading
        case comparing
        case matching
        case shaping
        case converting
        case derivingKeys
        case verifying
    }

    /// Why a budget refuses to go on.
    package enum Overrun: Error, Sendable, Equatable {
        case steps(limit: Int, Activity)
        case bytes(limit: Int, Activity)
        /// The mount was cancelled, or its deadline has passed.
        case ended
    }

    /// The budget of the mount that the current task or thread works for; nil for work of the operator's own.
    ///
    /// It is set around synchronous work only, so that no mount pays for requests that several mounts share.
    @TaskLocal package static var current: MountBudget?

    /// How many steps pass between two looks at the clock.
    private static let stepsPerLook = 1 << 14

    package let limits: Limits
    private let isOver: @Sendable () -> Bool
    private let steps = Atomic(0)
    private let bytes = Atomic(0)
    /// The number of steps at which work is refused or, below the limit, interrupted.
    private let ceiling: Atomic<Int>
    private let isStopped = Atomic(false)
    private let firstOverrun = Mutex<Overrun?>(nil)

    /// `isOver` says whether the mount's time is over. It is asked about once in a millisecond of work, on the thread
    /// that works.
    package init(_ limits: Limits = Limits(), isOver: @escaping @Sendable () -> Bool = { false }) {
        self.limits = limits
        self.isOver = isOver
        ceiling = Atomic(limits.steps)
    }

    /// Why work was refused; nil as long as none was.
    package var overrun: Overrun? { firstOverrun.withLock { $0 } }

    /// Whether work is refused now, so that its results are worth nothing: because of an overrun, or because `run(upTo:)`
    /// has interrupted it.
    private var isRefusing: Bool {
        isStopped.load(ordering: .relaxed)
            || steps.load(ordering: .relaxed) > ceiling.load(ordering: .relaxed)
    }

    /// The steps spent so far.
    package var spentSteps: Int { steps.load(ordering: .relaxed) }

    /// The bytes made so far.
    package var spentBytes: Int { bytes.load(ordering: .relaxed) }

    /// Ends the work: from now on everything is refused.
    package func cancel() { refuse(.ended) }

    /// Runs `work` with this budget as the current one.
    package func run<Value>(_ work: () -> Value) -> Value {
        Self.$current.withValue(self, operation: work)
    }

    /// The same, but interrupts work that takes more than `steps`: returns nil then, and the work can be run again from
    /// its start. What an interrupted attempt made is not counted.
    package func run<Value>(upTo steps: Int, _ work: () -> Value) -> Value? {
        let spentBytes = spentBytes
        let end = spentSteps + steps
        guard end < limits.steps else { return run(work) }
        ceiling.store(end, ordering: .relaxed)
        defer { ceiling.store(limits.steps, ordering: .relaxed) }
        let value = run(work)
        guard spentSteps > end else { return value }
        self.steps.store(end, ordering: .relaxed)
        bytes.store(spentBytes, ordering: .relaxed)
        return overrun == nil ? nil : value
    }

    /// Takes `count` steps, at least one. False if the work must stop.
    package func spend(steps count: Int = 1, on activity: Activity) -> Bool {
        let count = min(max(count, 1), limits.steps + 1)
        let before = steps.wrappingAdd(count, ordering: .relaxed).oldValue
        let after = before &+ count
        if isStopped.load(ordering: .relaxed) { return false }
        if after > ceiling.load(ordering: .relaxed) {
            // Neither a second refusal nor many of them may overflow the count.
            if after > limits.steps { steps.store(limits.steps + 1, ordering: .relaxed) }
            if ceiling.load(ordering: .relaxed) == limits.steps { refuse(.steps(limit: limits.steps, activity)) }
            return false
        }
        if before / Self.stepsPerLook != after / Self.stepsPerLook, isOver() {
            refuse(.ended)
            return false
        }
        return true
    }

    /// Takes `count` bytes that are about to be made. False if the work must stop.
    package func spend(bytes count: Int, on activity: Activity) -> Bool {
        let count = min(max(count, 0), limits.bytes + 1)
        let after = bytes.wrappingAdd(count, ordering: .relaxed).newValue
        guard after <= limits.bytes else {
            bytes.store(limits.bytes + 1, ordering: .relaxed)
            refuse(.bytes(limit: limits.bytes, activity))
            return false
        }
        // Writing a byte takes time, too.
        return spend(steps: count / 32, on: activity)
    }

    fileprivate var hasEnded: Bool {
        if !isStopped.load(ordering: .relaxed), isOver() { refuse(.ended) }
        return isStopped.load(ordering: .relaxed)
    }

    private func refuse(_ overrun: Overrun) {
        firstOverrun.withLock { if $0 == nil { $0 = overrun } }
        isStopped.store(true, ordering: .relaxed)
    }
}

extension MountBudget {
    /// Takes steps from the current budget, if there is one. False if the work must stop.
    package static func spend(steps count: Int = 1, on activity: Activity) -> Bool {
        current?.spend(steps: count, on: activity) ?? true
    }

    /// Whether what was made last is worth keeping for others: false once work has been refused.
    package static var isWithinLimits: Bool { !(current?.isRefusing ?? false) }

    /// Whether the current mount has ended, for loops that have paid for all their steps beforehand.
    package static var isEnded: Bool { current?.hasEnded ?? false }

    /// Takes bytes from the current budget, if there is one. False if the work must stop.
    package static func spend(bytes count: Int, on activity: Activity) -> Bool {
        current?.spend(bytes: count, on: activity) ?? true
    }
}
