internal import Foundation
internal import Hummingbird

/// The controls for the emulator's clock.
struct AdminClock {
    let clock: EmulatorClock

    /// `GET` reads the clock, `POST` moves it by the body's seconds or duration, `PUT` sets it to the body's time
    /// (RFC 3339, or seconds since 1970), and `DELETE` lets it show the machine's time again.
    func respond(to request: Request) async throws -> Response {
        switch request.method {
        case .get: break
        case .post:
            let text = try await Self.text(of: request)
            guard let seconds = TimeInterval(text) ?? Duration(text: text)?.inSeconds, seconds.isFinite else {
                throw EmulatorError("seconds expected, or a duration such as -10m")
            }
            try check(clock.now.addingTimeInterval(seconds))
            clock.advance(by: seconds)
        case .put:
            let text = try await Self.text(of: request)
            guard let time = Self.time(text) else {
                throw EmulatorError("a time such as 2030-01-31T12:00:00Z is expected, or seconds since 1970")
            }
            try check(time)
            clock.set(to: time)
        case .delete: clock.reset()
        default: throw AdminResponder.unknownControl
        }
        return try .json(
            encoding: ClockReading(
                now: clock.seconds, time: clock.now.formatted(.iso8601), offset: clock.offset.rounded()))
    }

    /// Entra's times are seconds since 1970, and clients cannot write years of five digits.
    private func check(_ time: Date) throws {
        guard (0..<253_402_300_800).contains(time.timeIntervalSince1970) else {
            throw EmulatorError("the clock can show the years 1970 to 9999")
        }
    }

    private static func text(of request: Request) async throws -> String {
        try await AdminResponder.body(of: request).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func time(_ text: String) -> Date? {
        if let seconds = TimeInterval(text), seconds.isFinite { return Date(timeIntervalSince1970: seconds) }
        return try? Date(text, strategy: .iso8601)
    }
}

/// The emulator's clock.
package struct ClockReading: Codable, Sendable {
    /// Seconds since 1970.
    package var now: Int
    /// The same in RFC 3339.
    package var time: String
    /// How far the clock is ahead of the machine's, in seconds.
    package var offset: Double
}
