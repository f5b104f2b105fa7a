internal import Foundation
internal import Glibc
internal import ProviderTransport
internal import Synchronization

/// A running `akv-csi serve`, with a connected client.
struct Provider: Sendable {
    let azure: EmulatedAzure
    let client: RPCClient
    let meter: ProcessMeter
    /// The time from before the process was started to its first response to Version.
    let startTime: Duration
    private let process: ChildProcess

    private static let count = Mutex(0)

    init(
        azure: EmulatedAzure, flags: [String] = [], environment: [String: String] = [:], programs: Programs,
        watchdog: Watchdog
    ) async throws {
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        let socket = "\(watchdog.directory)/\(number).sock"
        let environment = Programs.environment.merging(azure.environment) { $1 }.merging(environment) { $1 }
        let start = ContinuousClock.now
        process = try ChildProcess(
            programs.provider,
            [
                "serve", "-endpoint=unix://\(socket)", "-healthz-host=127.0.0.1", "-healthz-port=0",
                "-metrics-host=127.0.0.1", "-prometheus-port=0",
            ] + flags + programs.providerFlags,
            environment: environment, log: "\(watchdog.directory)/provider-\(number).log", watchdog: watchdog)
        // Connect only when the socket exists: gRPC retries a refused connection after a second.
        try await process.waitUntilReady("the provider's socket", every: .microseconds(200)) {
            FileManager.default.fileExists(atPath: socket) ? () : nil
        }
        let client = RPCClient(endpoint: .unix(path: socket))
        _ = try await client.version(timeout: .seconds(30), waitForReady: true)
        startTime = ContinuousClock.now - start
        self.client = client
        self.azure = azure
        meter = ProcessMeter(pid: process.pid)
    }

    /// Limits the process to a share of a CPU from now on.
    func limit(by limit: CPULimit) throws { try limit.add(process.pid) }

    func stop() async throws { try await process.stop() }
}
