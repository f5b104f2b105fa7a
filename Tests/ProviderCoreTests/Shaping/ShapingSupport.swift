@testable import ProviderCore

/// `text` read as JSON.
func json(_ text: String) throws -> JSONValue {
    try ContentDocument.parse(SecretBytes(text), as: .json)
}

/// `value` on one line of JSON.
func compact(_ value: JSONValue) throws -> String {
    var budget = ShapingBudget()
    return try JSONRenderer.render(value, &budget).exposedText
}

/// What `body` refuses with, nil when it does not.
func refusal<Result>(_ body: () throws(ShapingError) -> Result) -> ShapingError? {
    do throws(ShapingError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
