import Foundation

@testable import AzureEmulator

extension EmulatorClock {
    /// The time that a frozen clock shows until a test moves it.
    static let testTime = 1_800_000_000

    /// A clock that moves only when a test moves it.
    static func frozen() -> EmulatorClock {
        EmulatorClock(base: { Date(timeIntervalSince1970: TimeInterval(testTime)) })
    }
}
