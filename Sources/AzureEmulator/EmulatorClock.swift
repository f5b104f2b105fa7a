package import Foundation
internal import Synchronization

/// The emulator's idea of now, which can be moved.
package final class EmulatorClock: Sendable {
    private let offset = Mutex<TimeInterval>(0)

    package init() {}

    package var now: Date { Date().addingTimeInterval(offset.withLock { $0 }) }

    /// Whole seconds since 1970, as Azure counts.
    package var seconds: Int { Int(now.timeIntervalSince1970) }

    package func advance(by interval: TimeInterval) {
        offset.withLock { $0 += interval }
    }
}
