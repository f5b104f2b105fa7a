internal import Glibc

/// The memory of this process as the kernel counts it.
enum ProcessMemory {
    private static let process = [
        "VmPeak", "VmSize", "VmHWM", "VmRSS", "RssAnon", "RssFile", "RssShmem", "VmData", "VmStk", "VmSwap",
    ]
    private static let mappings = ["Pss", "Private_Clean", "Private_Dirty", "AnonHugePages", "Locked"]

    static func text() -> String {
        let lines =
            chosen(process, of: "/proc/self/status") + [""] + chosen(mappings, of: "/proc/self/smaps_rollup")
        return "RssAnon is what the program itself allocated, VmHWM the most it ever had resident.\n\n"
            + lines.joined(separator: "\n") + "\n"
    }

    private static func chosen(_ names: [String], of path: String) -> [String] {
        ProcFS.read(path).split(separator: "\n").map(String.init).filter { line in
            names.contains { line.hasPrefix("\($0):") }
        }
    }
}

/// The threads of this process, from `/proc/self/task`.
enum ProcessThreads {
    static func text() -> String {
        let ticks = max(1, sysconf(Int32(_SC_CLK_TCK)))
        var counts: [String: Int] = [:]
        var lines: [String] = []
        for id in ProcFS.names(in: "/proc/self/task").sorted(by: { (Int($0) ?? 0) < (Int($1) ?? 0) }) {
            guard let thread = ProcFS.Stat(ProcFS.read("/proc/self/task/\(id)/stat")) else { continue }
            counts[thread.state, default: 0] += 1
            lines.append("\(id) \(thread.state) \(thread.ticks * 1000 / ticks) ms \(thread.name)")
        }
        let sums = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return "\(lines.count) threads: \(sums)\n(R running, S sleeping, D waiting for a device)\n\n"
            + lines.joined(separator: "\n") + "\n"
    }
}

/// The open file descriptors by kind. Paths are not shown, because they can name the files of pods.
enum ProcessFiles {
    static func text() -> String {
        var counts: [String: Int] = [:]
        for target in ProcFS.descriptors() { counts[kind(of: target), default: 0] += 1 }
        var limit = rlimit()
        let maximum = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? "\(limit.rlim_cur)" : "?"
        let lines = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        return "\(counts.values.reduce(0, +)) open of \(maximum)\n\n" + lines.joined(separator: "\n") + "\n"
    }

    private static func kind(of target: String) -> String {
        if target.hasPrefix("/") { return target.hasPrefix("/dev/") ? "device" : "file" }
        if target.hasPrefix("anon_inode:") { return String(target.dropFirst("anon_inode:".count)) }
        return String(target.prefix { $0 != ":" })
    }
}
