internal import Foundation
internal import Glibc

/// What a process has used, read from outside.
struct ProcessMeter: Sendable {
    let pid: pid_t

    /// CPU time of all its threads, those that have ended included, to the nanosecond: the kernel's
    /// clock for the process, which `/proc/PID/stat` shows in steps of 10 ms.
    func cpu() throws -> Duration {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else {
            throw BenchmarkFailure("the CPU time of process \(pid) cannot be read")
        }
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Resident memory in bytes.
    func residentBytes() throws -> Int { try statusKilobytes("VmRSS") * 1024 }

    /// The part of it that is no file's: heap and stacks.
    func anonymousBytes() throws -> Int { try statusKilobytes("RssAnon") * 1024 }

    /// The most that was resident since the start, or since `resetPeak`.
    func peakBytes() throws -> Int { try statusKilobytes("VmHWM") * 1024 }

    /// Begins a new peak. Without the right to do so the peak stays that since the start.
    func resetPeak() {
        _ = try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/\(pid)/clear_refs"))
    }

    private func statusKilobytes(_ key: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        for line in text.split(separator: "\n") where line.hasPrefix("\(key):") {
            if let number = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) }) { return number }
        }
        throw BenchmarkFailure("/proc/\(pid)/status has no \(key)")
    }
}
