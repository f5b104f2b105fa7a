package import Foundation
internal import Synchronization

/// The emulator's idea of now, which can be moved.
package final class EmulatorClock: Sendable {
    private let offset: Mutex<TimeInterval>
    /// The clock that this one goes by; the machine's when nil.
    private let leader: EmulatorClock?
    /// The moment from which the clock does not move by itself; nil when it runs.
    private let stop: Date?

    package init() {
        offset = Mutex(0)
        leader = nil
        stop = nil
    }

    /// A clock that reads `moment` until `advance` moves it.
    package init(stoppedAt moment: Date) {
        offset = Mutex(0)
        leader = nil
        stop = moment
    }

    /// A clock that is wrong by `interval`.
    init(following leader: EmulatorClock, ahead interval: TimeInterval) {
        offset = Mutex(interval)
        self.leader = leader
        stop = nil
    }

    package var now: Date { (leader?.now ?? stop ?? Date()).addingTimeInterval(offset.withLock { $0 }) }

    /// Whole seconds since 1970, as Azure counts.
    package var seconds: Int { Int(now.timeIntervalSince1970) }

    package func advance(by interval: TimeInterval) {
        offset.withLock { $0 += interval }
    }
}
