internal import Foundation
internal import Glibc
internal import Synchronization

/// A process that the benchmark starts and ends.
package final class ChildProcess: Sendable {
    let pid: pid_t
    /// The file that receives standard output and standard error.
    let log: String
    private let name: String
    private let watchdog: Watchdog
    private let status = Mutex<Int32?>(nil)

    package init(
        _ program: String, _ arguments: [String], environment: [String: String], log: String, watchdog: Watchdog
    ) throws {
        pid = try spawn(program, arguments, environment: environment, log: log)
        self.log = log
        self.watchdog = watchdog
        name = program
        watchdog.watch(pid)
    }

    /// The exit status, or nil while the process runs. It is negative if a signal ended the process.
    package var exitStatus: Int32? {
        status.withLock { status in
            if status == nil {
                var raw: Int32 = 0
                guard waitpid(pid, &raw, WNOHANG) == pid else { return nil }
                watchdog.forget(pid)
                status = raw & 0x7f == 0 ? (raw >> 8) & 0xff : -(raw & 0x7f)
            }
            return status
        }
    }

    /// Waits until `condition` returns a value. Throws if the process ends before that.
    package func waitUntilReady<Value>(
        _ what: String, every pause: Duration = .milliseconds(1), _ condition: () async throws -> Value?
    ) async throws -> Value {
        try await poll(for: what, every: pause) {
            if let value = try await condition() { return value }
            if let status = exitStatus {
                throw BenchmarkError("\(name) ended with \(status) before \(what); its log:\n\(lastLines)")
            }
            return nil
        }
    }

    /// Waits until the process ends and returns its exit status. Throws after `limit`.
    package func waitForExit(
        within limit: Duration = .seconds(30), every pause: Duration = .milliseconds(2)
    ) async throws -> Int32 {
        try await poll(for: "the end of \(name)", within: limit, every: pause) { exitStatus }
    }

    /// Sends SIGTERM and waits for the end. If the process does not end, kills it and throws.
    package func stop() async throws {
        guard exitStatus == nil else { return }
        kill(pid, SIGTERM)
        do {
            _ = try await waitForExit()
        } catch {
            kill(pid, SIGKILL)
            _ = try await waitForExit()
            throw error
        }
    }

    private var lastLines: String {
        let text = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
        return text.split(separator: "\n").suffix(10).joined(separator: "\n")
    }
}
