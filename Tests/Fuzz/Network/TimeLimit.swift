/// Stands in for the event loop's timers: nothing that is fuzzed waits for anything.
func withDeadline<Value: Sendable>(
    _ deadline: Deadline, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    await work()
}
