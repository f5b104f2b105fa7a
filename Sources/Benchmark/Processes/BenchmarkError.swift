/// Why a measurement cannot be had.
package struct BenchmarkFailure: Error, CustomStringConvertible, Sendable {
    package var description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Asks `condition` again and again until it gives something. The limit only bounds a failure.
func until<Value>(
    _ what: String, within limit: Duration = .seconds(60), every pause: Duration = .milliseconds(2),
    _ condition: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now + limit
    while true {
        if let value = try await condition() { return value }
        guard ContinuousClock.now < end else { throw BenchmarkFailure("waited \(limit) in vain for \(what)") }
        try await Task.sleep(for: pause)
    }
}
