internal import Foundation

/// The format of numbers in tables.
enum NumberFormat {
    /// The text for a value that was not measured.
    static let missing = "–"

    /// Three significant digits, but all digits before the decimal point. Integers have no decimals.
    static func text(_ value: Double) -> String {
        let magnitude = abs(value)
        let digits =
            value == value.rounded()
            ? 0 : magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : magnitude >= 0.1 ? 3 : 4
        return String(format: "%.\(digits)f", value)
    }

    static func text(_ value: Double?) -> String { value.map(text) ?? missing }
}
