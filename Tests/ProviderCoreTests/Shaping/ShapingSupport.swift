@testable import Documents
@testable import SecretMemory
@testable import Shaping

/// `text` read as JSON.
func json(_ text: String) throws -> JSONValue {
    try ContentDocument.parse(SecretBytes(text), as: .json)
}

/// `value` on one line of JSON.
func compact(_ value: JSONValue) throws -> String {
    var budget = ShapingBudget.forTests
    return try JSONRenderer.render(value, &budget).exposedText
}

/// The error of `body`; nil if it succeeds.
func refusal<Result>(_ body: () throws(ShapingError) -> Result) -> ShapingError? {
    do throws(ShapingError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

extension ShapingBudget {
    /// The budget of one file in a mount.
    static var forTests: ShapingBudget { ShapingBudget(bytes: 4 << 20) }
}
