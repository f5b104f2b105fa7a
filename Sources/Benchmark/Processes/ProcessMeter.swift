internal import Foundation
internal import Glibc

/// The CPU time and memory of another process.
struct ProcessMeter: Sendable {
    let pid: pid_t

    /// The CPU time of all threads, including threads that have ended. It comes from the kernel's clock for the process,
    /// which has nanoseconds, while `/proc/PID/stat` has steps of 10 ms.
    func cpu() throws -> Duration {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else {
            throw BenchmarkError("the CPU time of process \(pid) cannot be read")
        }
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Resident memory in bytes.
    func residentBytes() throws -> Int { try statusKilobytes("VmRSS") * 1024 }

    /// Resident memory that is not mapped from a file, in bytes: heap and stacks.
    func anonymousBytes() throws -> Int { try statusKilobytes("RssAnon") * 1024 }

    /// The highest resident memory since the start of the process, or since `resetPeak`, in bytes.
    func peakBytes() throws -> Int { try statusKilobytes("VmHWM") * 1024 }

    /// Resets `peakBytes`. Without permission for this, `peakBytes` continues to count from the start of the process.
    func resetPeak() {
        _ = try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/\(pid)/clear_refs"))
    }

    private func statusKilobytes(_ key: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        for line in text.split(separator: "\n") where line.hasPrefix("\(key):") {
            if let number = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) }) { return number }
        }
        throw BenchmarkError("/proc/\(pid)/status has no \(key)")
    }
}
