/// Calls `condition` repeatedly until it returns a value, and returns that value. Throws after `limit`.
///
/// - Parameter what: the awaited event, for the error.
func poll<Value>(
    for what: String, within limit: Duration = .seconds(60), every pause: Duration = .milliseconds(2),
    _ condition: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now + limit
    while true {
        if let value = try await condition() { return value }
        guard ContinuousClock.now < end else { throw BenchmarkError("timed out after \(limit) waiting for \(what)") }
        try await Task.sleep(for: pause)
    }
}
