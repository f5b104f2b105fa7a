/// The requests, CPU time and memory of a provider during a measurement.
struct Usage: Sendable {
    var calls: CallCounts
    var cpu: Duration
    /// Resident memory at the end of the measurement.
    var residentBytes: Int

    static let zero = Usage(calls: .zero, cpu: .zero, residentBytes: 0)

    static func + (left: Usage, right: Usage) -> Usage {
        Usage(calls: left.calls + right.calls, cpu: left.cpu + right.cpu, residentBytes: right.residentBytes)
    }
}

extension Provider {
    /// Runs `body` and returns its value and the provider's usage during it. Other requests to the emulated Azure must
    /// not run meanwhile, because it counts all requests.
    func measuringUsage<Value>(_ body: () async throws -> Value) async throws -> (value: Value, usage: Usage) {
        let callsBefore = try await azure.counts()
        let cpuBefore = try meter.cpu()
        let value = try await body()
        let cpu = try meter.cpu() - cpuBefore
        let usage = Usage(
            calls: try await azure.counts() - callsBefore, cpu: cpu, residentBytes: try meter.residentBytes())
        return (value, usage)
    }

    /// Mounts all volumes, `width` at a time. The durations are in the order in which the mounts ended.
    func mount(_ volumes: [Volume], width: Int) async throws -> [Duration] {
        try await concurrently(volumes, width: width) { try await $0.mount(through: client) }
    }
}

/// Runs `work` for each job, `width` at a time. The results are in the order in which the jobs ended.
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
