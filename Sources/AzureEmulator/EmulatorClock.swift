package import Foundation
internal import Synchronization

/// The emulator's idea of now, which can be moved.
package final class EmulatorClock: Sendable {
    private let offset: Mutex<TimeInterval>
    /// The clock that this one goes by; the machine's when nil.
    private let leader: EmulatorClock?

    package init() {
        offset = Mutex(0)
        leader = nil
    }

    /// A clock that is wrong by `interval`.
    init(following leader: EmulatorClock, ahead interval: TimeInterval) {
        offset = Mutex(interval)
        self.leader = leader
    }

    package var now: Date { (leader?.now ?? Date()).addingTimeInterval(offset.withLock { $0 }) }

    /// Whole seconds since 1970, as Azure counts.
    package var seconds: Int { Int(now.timeIntervalSince1970) }

    package func advance(by interval: TimeInterval) {
        offset.withLock { $0 += interval }
    }
}
