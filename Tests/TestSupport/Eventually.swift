/// Whether `condition` becomes true before the deadline. It is evaluated repeatedly, so a test waits only as long as
/// necessary; only failing tests reach the deadline.
package func eventually(
    within limit: Duration = .seconds(300), _ condition: () async throws -> Bool
) async throws -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while clock.now < deadline {
        if try await condition() { return true }
        try await clock.sleep(for: .milliseconds(5))
    }
    return try await condition()
}
