import Benchmark
import Foundation
import TestSupport
import Testing

@Suite("Child processes of the benchmark", .timeLimit(.minutes(20)))
struct ProcessTests {
    private func start(_ script: String, _ watchdog: Watchdog) throws -> ChildProcess {
        try ChildProcess(
            "/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"], log: "\(watchdog.directory)/child.log",
            watchdog: watchdog)
    }

    @Test("processes end, and their directory is removed, when the watchdog is closed")
    func watchdog() async throws {
        let watchdog = try Watchdog()
        let finished = try start("true", watchdog)
        #expect(try await finished.waitForExit() == 0)
        let child = try start("echo ready; exec sleep 1000", watchdog)
        let log = "\(watchdog.directory)/child.log"
        try await child.waitUntilReady("its log") {
            FileManager.default.contents(atPath: log)?.isEmpty == false ? () : nil
        }
        watchdog.close()
        #expect(try await child.waitForExit() == -9)
        #expect(!FileManager.default.fileExists(atPath: watchdog.directory))
    }

    @Test("processes end at SIGTERM; an unexpected end is an error with the exit status and the log")
    func ends() async throws {
        let watchdog = try Watchdog()
        defer { watchdog.close() }
        let child = try start("trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done", watchdog)
        let log = "\(watchdog.directory)/child.log"
        try await child.waitUntilReady("its log") {
            FileManager.default.contents(atPath: log)?.isEmpty == false ? () : nil
        }
        try await child.stop()
        #expect(child.exitStatus == 0)

        let failing = try start("echo no such port >&2; exit 3", watchdog)
        await #expect {
            try await failing.waitUntilReady("a socket") { () -> Void? in nil }
        } throws: { "\($0)".contains("ended with 3") && "\($0)".contains("no such port") }
    }

    @Test("a program that cannot be started is an error with its name")
    func absent() throws {
        let watchdog = try Watchdog()
        defer { watchdog.close() }
        #expect { try startAbsent(watchdog) } throws: { "\($0)".contains("/absent/program") }
    }

    private func startAbsent(_ watchdog: Watchdog) throws {
        _ = try ChildProcess(
            "/absent/program", [], environment: [:], log: "\(watchdog.directory)/child.log", watchdog: watchdog)
    }
}
