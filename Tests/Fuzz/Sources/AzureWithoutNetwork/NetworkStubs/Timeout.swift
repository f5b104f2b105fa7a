/// Replaces the function that uses the event loop's timers. It has no time limit: no fuzzed code waits.
func withDeadline<Value: Sendable>(
    _ deadline: Deadline, on executor: (any TaskExecutor)? = nil, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    await work()
}
