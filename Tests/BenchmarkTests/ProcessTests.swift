import Benchmark
import Foundation
import TestSupport
import Testing

@Suite("Children of the benchmark", .timeLimit(.minutes(1)))
struct ProcessTests {
    private func start(_ script: String, _ watchdog: Watchdog) throws -> ChildProcess {
        try ChildProcess(
            "/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"], log: "\(watchdog.directory)/child.log",
            watchdog: watchdog)
    }

    @Test("end, and their directory goes, when the watchdog is left alone")
    func watchdog() async throws {
        let watchdog = try Watchdog()
        let gone = try start("true", watchdog)
        #expect(try await gone.ended() == 0)
        let child = try start("echo ready; exec sleep 1000", watchdog)
        let log = "\(watchdog.directory)/child.log"
        try await child.ready("its log") { FileManager.default.contents(atPath: log)?.isEmpty == false ? () : nil }
        watchdog.close()
        #expect(try await child.ended() == -9)
        #expect(!FileManager.default.fileExists(atPath: watchdog.directory))
    }

    @Test("are told to end, and what they said is told if they end by themselves")
    func ends() async throws {
        let watchdog = try Watchdog()
        defer { watchdog.close() }
        let child = try start("trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done", watchdog)
        let log = "\(watchdog.directory)/child.log"
        try await child.ready("its log") { FileManager.default.contents(atPath: log)?.isEmpty == false ? () : nil }
        try await child.stop()
        #expect(child.exitStatus == 0)

        let failing = try start("echo no such port >&2; exit 3", watchdog)
        await #expect {
            try await failing.ready("a socket") { () -> Void? in nil }
        } throws: { "\($0)".contains("ended with 3") && "\($0)".contains("no such port") }
    }

    @Test("that cannot be started are an error")
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
