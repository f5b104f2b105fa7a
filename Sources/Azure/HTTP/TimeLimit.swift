/// Runs `work` and gives up on it, with nil, when `deadline` is well past.
///
/// Each hop keeps to the deadline itself, and its error says what it waited for. This ends what no hop
/// watches, such as waiting for requests of others, so it leaves the hops a moment to speak first.
func limited<Value: Sendable>(
    to deadline: Deadline, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    let patience = deadline.remaining
    return await withTaskGroup(of: Value?.self) { group in
        group.addTask { await work() }
        group.addTask {
            try? await Task.sleep(for: patience + min(.seconds(2), patience * 0.25))
            return nil
        }
        defer { group.cancelAll() }
        return await group.next() ?? nil
    }
}
