internal import Foundation
internal import Glibc

/// A control group that limits a process to a share of a CPU, like a container's CPU limit.
struct CPULimit: Sendable {
    private let directory: String

    /// The period that Kubernetes uses, in microseconds.
    private static let period = 100_000

    /// Returns nil if no group can be created. That needs root and a writable hierarchy with the cpu controller.
    init?(millicores: Int) {
        let quota = millicores * Self.period / 1000
        for hierarchy in Hierarchy.allCases {
            let directory = "\(hierarchy.root)/akv-context.\(getpid())"
            guard mkdir(directory, 0o755) == 0 else { continue }
            let isSet = hierarchy.limits(quota: quota, period: Self.period).allSatisfy { file, text in
                Self.write(text, to: "\(directory)/\(file)")
            }
            if isSet {
                self.directory = directory
                return
            }
            rmdir(directory)
        }
        return nil
    }

    func add(_ pid: pid_t) throws {
        guard Self.write("\(pid)", to: "\(directory)/cgroup.procs") else {
            throw BenchmarkError("process \(pid) cannot be added to \(directory)")
        }
    }

    /// Removes the group. All processes in it must have ended.
    func remove() {
        rmdir(directory)
    }

    private enum Hierarchy: CaseIterable {
        case unified, cpuController

        var root: String {
            switch self {
            case .unified: "/sys/fs/cgroup"
            case .cpuController: "/sys/fs/cgroup/cpu"
            }
        }

        func limits(quota: Int, period: Int) -> [(String, String)] {
            switch self {
            case .unified: [("cpu.max", "\(quota) \(period)")]
            case .cpuController: [("cpu.cfs_period_us", "\(period)"), ("cpu.cfs_quota_us", "\(quota)")]
            }
        }
    }

    /// Writes to an existing file. It does not create one, because then a plain directory would pass for a group.
    private static func write(_ text: String, to path: String) -> Bool {
        let file = open(path, O_WRONLY)
        guard file >= 0 else { return false }
        defer { close(file) }
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) } == bytes.count
    }
}
