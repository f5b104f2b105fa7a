/// What a provider used while it was measured.
struct Usage: Sendable {
    var calls: CallCounts
    var cpu: Duration
    /// At the end.
    var residentBytes: Int

    static let zero = Usage(calls: .zero, cpu: .zero, residentBytes: 0)

    static func + (left: Usage, right: Usage) -> Usage {
        Usage(calls: left.calls + right.calls, cpu: left.cpu + right.cpu, residentBytes: right.residentBytes)
    }
}

extension Provider {
    /// Runs `body` and tells what was used meanwhile. Nothing else may call the provider's Azure then.
    func measuring<Value>(_ body: () async throws -> Value) async throws -> (value: Value, usage: Usage) {
        let callsBefore = try await azure.counts()
        let cpuBefore = try meter.cpu()
        let value = try await body()
        let cpu = try meter.cpu() - cpuBefore
        let usage = Usage(
            calls: try await azure.counts() - callsBefore, cpu: cpu, residentBytes: try meter.residentBytes())
        return (value, usage)
    }

    /// Mounts all volumes, `width` at a time; the durations in the order of their end.
    func mount(_ volumes: [Volume], width: Int) async throws -> [Duration] {
        try await concurrently(volumes, width: width) { try await $0.mount(through: client) }
    }
}

/// Runs `work` for each job, `width` at a time; the results in the order in which they came.
func concurrently<Job: Sendable, Value: Sendable>(
    _ jobs: [Job], width: Int, _ work: @escaping @Sendable (Job) async throws -> Value
) async throws -> [Value] {
    try await withThrowingTaskGroup(of: Value.self, returning: [Value].self) { group in
        var rest = jobs[...]
        var values: [Value] = []
        values.reserveCapacity(jobs.count)
        for job in rest.prefix(width) { group.addTask { try await work(job) } }
        rest = rest.dropFirst(width)
        while let value = try await group.next() {
            values.append(value)
            guard let job = rest.popFirst() else { continue }
            group.addTask { try await work(job) }
        }
        return values
    }
}
