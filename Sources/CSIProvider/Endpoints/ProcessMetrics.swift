internal import Glibc

/// The standard metrics of a process that Prometheus clients export, and the version of the build.
///
/// https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
struct ProcessMetrics: MetricsCollector {
    let version: String

    var families: [MetricFamily] {
        let build = MetricFamily(
            name: "akv_csi_build_info", help: "1, with the version of the provider.",
            series: .gauge([([(name: "version", value: version)], 1)]))
        return [build] + Self.ofStat + Self.ofDescriptors
    }

    private static var ofStat: [MetricFamily] {
        guard let stat = ProcFS.Stat(ProcFS.read("/proc/self/stat")) else { return [] }
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        var families = [
            MetricFamily(
                name: "process_cpu_seconds_total", help: "Total user and system CPU time spent in seconds.",
                series: .seconds([([], Double(stat.ticks) / ticks)])),
            .gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", stat.virtualBytes),
            .gauge(
                "process_resident_memory_bytes", "Resident memory size in bytes.",
                stat.residentPages * Int(sysconf(Int32(_SC_PAGESIZE)))),
        ]
        let boot = ProcFS.read("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        if let boot = boot.flatMap({ Int($0.dropFirst(6)) }) {
            families.append(
                .gauge(
                    "process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
                    boot + Int(Double(stat.startTicks) / ticks)))
        }
        return families
    }

    private static var ofDescriptors: [MetricFamily] {
        var families: [MetricFamily] = []
        let open = ProcFS.names(in: "/proc/self/fd").count
        // If the process is not allowed to list its descriptors, the list is empty.
        if open > 0 { families.append(.gauge("process_open_fds", "Number of open file descriptors.", open)) }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            families.append(
                .gauge("process_max_fds", "Maximum number of open file descriptors.", Int(clamping: limit.rlim_cur)))
        }
        return families
    }
}
