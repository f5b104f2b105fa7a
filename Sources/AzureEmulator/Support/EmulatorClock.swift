package import Foundation
internal import Synchronization

/// A clock that tests can move. Entra, the vaults and the faults use it instead of the machine's clock.
package final class EmulatorClock: Sendable {
    private let shift: Mutex<TimeInterval>
    private let base: @Sendable () -> Date

    /// A clock that shows the machine's time until it is moved.
    package convenience init() {
        self.init(base: { Date() })
    }

    /// A clock that shows `moment` until it is moved.
    package convenience init(stoppedAt moment: Date) {
        self.init(base: { moment })
    }

    /// A clock that shows the time of `base` plus `offset` seconds.
    init(base: @escaping @Sendable () -> Date, offset: TimeInterval = 0) {
        self.base = base
        shift = Mutex(offset)
    }

    /// A clock that is ahead of this one by `interval` seconds and moves with it.
    func ahead(by interval: TimeInterval) -> EmulatorClock {
        EmulatorClock(base: { self.now }, offset: interval)
    }

    package var now: Date { base().addingTimeInterval(offset) }

    /// The time in whole seconds since 1970, the form in which Azure's protocols carry it.
    package var seconds: Int { Int(now.timeIntervalSince1970) }

    /// Moves the clock by `interval` seconds, backwards if it is negative.
    package func advance(by interval: TimeInterval) {
        shift.withLock { $0 += interval }
    }

    /// How far the clock is ahead of its base, in seconds.
    var offset: TimeInterval { shift.withLock { $0 } }

    /// Lets the clock show `time` now.
    func set(to time: Date) {
        shift.withLock { $0 = time.timeIntervalSince(base()) }
    }

    /// Lets the clock show the time of its base again.
    func reset() {
        shift.withLock { $0 = 0 }
    }
}
