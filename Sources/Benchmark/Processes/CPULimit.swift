internal import Foundation
internal import Glibc

/// A control group that holds a process to a share of a CPU, as a container's CPU limit does.
struct CPULimit: Sendable {
    private let directory: String

    /// Kubernetes' period.
    private static let period = 100_000

    /// Nil where no group can be made: it takes root, and a writable hierarchy with the cpu controller.
    init?(millicores: Int) {
        let quota = millicores * Self.period / 1000
        for hierarchy in Hierarchy.allCases {
            let directory = "\(hierarchy.root)/akv-bench.\(getpid())"
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
            throw BenchmarkFailure("process \(pid) cannot be put into \(directory)")
        }
    }

    /// After the last process in it has ended.
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

    /// Writes to a file that must exist; a plain directory would otherwise pass for a group.
    private static func write(_ text: String, to path: String) -> Bool {
        let file = open(path, O_WRONLY)
        guard file >= 0 else { return false }
        defer { close(file) }
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) } == bytes.count
    }
}
