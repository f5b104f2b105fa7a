internal import Foundation

/// How figures are written.
enum Text {
    static let none = "–"

    /// With three digits that count, and none after the point from 100 on or where there are none.
    static func number(_ value: Double) -> String {
        let size = abs(value)
        let digits =
            value == value.rounded() ? 0 : size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4
        return String(format: "%.\(digits)f", value)
    }

    static func number(_ value: Double?) -> String { value.map(number) ?? none }
}
