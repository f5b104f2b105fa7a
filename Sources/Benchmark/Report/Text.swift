internal import Foundation

/// How figures are written.
enum Text {
    static let none = "–"

    /// With three digits that count, and none after the point from 100 on.
    static func number(_ value: Double) -> String {
        let size = abs(value)
        if size == 0 { return "0" }
        let digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4
        return String(format: "%.\(digits)f", value)
    }

    static func number(_ value: Double?) -> String { value.map(number) ?? none }
}
