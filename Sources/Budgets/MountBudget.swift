internal import Synchronization

/// The limit on the work of one mount, in steps and in bytes. It covers everything that the mount's class requests.
///
/// Every loop over what a user writes spends from the budget that is `current`. When `spend` returns false, the loop
/// stops with any error or result. The caller of `run` then checks `overrun`, and uses nothing that was made after an
/// overrun. So a refusal deep inside a parser needs no error type of its own, and the user reads one
/// error for every kind of excess.
///
/// All members can be used from any thread, but only one caller can use `run` at a time.
package final class MountBudget: Sendable {
    /// The limits of one mount.
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

    /// The kinds of work on users' input. Errors name the settings that cause them.
    package enum Activity: Sendable {
        case reading
        case comparing
        case matching
        case shaping
        case converting
        case derivingKeys
        case verifying
    }

    /// The reason why a budget refuses more work.
    package enum Overrun: Error, Sendable, Equatable {
        case steps(limit: Int, Activity)
        case bytes(limit: Int, Activity)
        /// The mount was cancelled, or its deadline has passed.
        case ended
    }

    /// The budget of the mount that the current task or thread works for; nil for work that does not belong to a mount.
    ///
    /// It is set only around synchronous work, so that requests that several mounts share are not charged to one of
    /// them.
    @TaskLocal package static var current: MountBudget?

    /// The number of steps between two checks of the clock.
    private static let stepsPerLook = 1 << 14

    package let limits: Limits
    private let isOver: @Sendable () -> Bool
    private let steps = Atomic(0)
    private let bytes = Atomic(0)
    /// The number of steps at which work is refused or, below the limit, interrupted.
    private let ceiling: Atomic<Int>
    private let isStopped = Atomic(false)
    private let firstOverrun = Mutex<Overrun?>(nil)

    /// Creates a budget. `isOver` returns whether the mount's time is over. The working thread calls it about once in a
    /// millisecond of work.
    package init(_ limits: Limits = Limits(), isOver: @escaping @Sendable () -> Bool = { false }) {
        self.limits = limits
        self.isOver = isOver
        ceiling = Atomic(limits.steps)
    }

    /// The reason why work was refused; nil if none was refused.
    package var overrun: Overrun? { firstOverrun.withLock { $0 } }

    /// Whether work is refused now, so that its results must not be used: because of an overrun, or because
    /// `run(upTo:)` has interrupted it.
    private var isRefusing: Bool {
        isStopped.load(ordering: .relaxed)
            || steps.load(ordering: .relaxed) > ceiling.load(ordering: .relaxed)
    }

    /// The steps spent so far.
    package var spentSteps: Int { steps.load(ordering: .relaxed) }

    /// The bytes made so far.
    package var spentBytes: Int { bytes.load(ordering: .relaxed) }

    /// Ends the work. All further work is refused.
    package func cancel() { refuse(.ended) }

    /// Runs `work` with this budget as the current one.
    package func run<Value>(_ work: () -> Value) -> Value {
        Self.$current.withValue(self, operation: work)
    }

    /// Runs `work` with this budget as the current one, and interrupts it after `steps` steps. It then returns nil, and
    /// the work can be started again. The bytes of an interrupted attempt are not counted.
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

    /// Spends `count` steps, but at least one. Returns false if the work must stop.
    package func spend(steps count: Int = 1, on activity: Activity) -> Bool {
        let count = min(max(count, 1), limits.steps + 1)
        let before = steps.wrappingAdd(count, ordering: .relaxed).oldValue
        let after = before &+ count
        if isStopped.load(ordering: .relaxed) { return false }
        if after > ceiling.load(ordering: .relaxed) {
            // The count is limited, so that repeated refusals cannot overflow it.
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

    /// Spends `count` bytes before they are created. Returns false if the work must stop.
    package func spend(bytes count: Int, on activity: Activity) -> Bool {
        let count = min(max(count, 0), limits.bytes + 1)
        let after = bytes.wrappingAdd(count, ordering: .relaxed).newValue
        guard after <= limits.bytes else {
            bytes.store(limits.bytes + 1, ordering: .relaxed)
            refuse(.bytes(limit: limits.bytes, activity))
            return false
        }
        // Writing a byte also takes time.
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
    /// Spends steps of the current budget, if there is one. Returns false if the work must stop.
    package static func spend(steps count: Int = 1, on activity: Activity) -> Bool {
        current?.spend(steps: count, on: activity) ?? true
    }

    /// Whether results can be cached for other mounts. It is false when work has been refused.
    package static var isWithinLimits: Bool { !(current?.isRefusing ?? false) }

    /// Whether the current mount has ended, for loops that have spent all their steps in advance.
    package static var isEnded: Bool { current?.hasEnded ?? false }

    /// Spends bytes of the current budget, if there is one. Returns false if the work must stop.
    package static func spend(bytes count: Int, on activity: Activity) -> Bool {
        current?.spend(bytes: count, on: activity) ?? true
    }
}
