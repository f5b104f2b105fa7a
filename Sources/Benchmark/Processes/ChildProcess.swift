internal import Foundation
internal import Glibc
internal import Synchronization

/// A program that the benchmark started and will end.
package final class ChildProcess: Sendable {
    let pid: pid_t
    /// Where its standard output and error go.
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

    /// The exit status once it has ended; negative for the signal that ended it.
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

    /// Waits until `condition` gives something, for as long as the process lives.
    package func ready<Value>(
        _ what: String, every pause: Duration = .milliseconds(1), _ condition: () async throws -> Value?
    ) async throws -> Value {
        try await until(what, every: pause) {
            if let value = try await condition() { return value }
            if let status = exitStatus {
                throw BenchmarkFailure("\(name) ended with \(status) before \(what); its log:\n\(lastLines)")
            }
            return nil
        }
    }

    /// Waits for its end, at most for `limit`.
    package func ended(within limit: Duration = .seconds(30)) async throws -> Int32 {
        try await until("the end of \(name)", within: limit) { exitStatus }
    }

    /// Asks it to end and waits for it; ends it by force if it does not.
    package func stop() async throws {
        guard exitStatus == nil else { return }
        kill(pid, SIGTERM)
        do {
            _ = try await ended()
        } catch {
            kill(pid, SIGKILL)
            _ = try await ended()
            throw error
        }
    }

    private var lastLines: String {
        let text = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
        return text.split(separator: "\n").suffix(10).joined(separator: "\n")
    }
}
