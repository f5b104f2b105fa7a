internal import AsyncSupport

/// The result of one measurement, without its warm-up.
package struct TransportReport: Codable, Sendable {
    /// The number of correct responses.
    package var responses: Int
    /// The CPU time of this process in user mode, in nanoseconds.
    package var userNanoseconds: Int64
    /// The CPU time of this process in kernel mode, in nanoseconds.
    package var kernelNanoseconds: Int64
    /// For each batch, the time from its first request to its last response, in nanoseconds.
    package var durations: [Int64]
}

extension TransportReport {
    /// Sends the requests of `load` through `engine`, and measures this process. Nothing else may use CPU time in this
    /// process meanwhile.
    ///
    /// - Parameter environment: `HTTPS_PROXY` and `SSL_CERT_FILE` must be set; both direct requests to the emulator.
    /// - Throws: `TransportClientError` if a response is not the expected one, or the error of a connection.
    package static func measuring(
        _ engine: TransportEngine, _ load: TransportLoad, environment: [String: String]
    ) async throws -> TransportReport {
        let check = ResponseCheck(expected: load.expected)
        let client: any TransportClient
        switch engine {
        case .single: client = try SingleRequestClient(load, check, environment: environment)
        case .batched: client = try BatchClient(load, check, environment: environment)
        case .plain: client = try await PlainClient(load, check, environment: environment)
        }
        _ = try await client.send(batches: load.warmUpBatches)
        let responsesBefore = check.count
        let cpuBefore = CPUTime.ofThisProcess
        let durations = try await client.send(batches: load.batches)
        let cpu = CPUTime.ofThisProcess - cpuBefore
        return TransportReport(
            responses: check.count - responsesBefore, userNanoseconds: cpu.user, kernelNanoseconds: cpu.kernel,
            durations: durations.map(\.wholeNanoseconds))
    }
}
