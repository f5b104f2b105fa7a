internal import Glibc

/// The CPU time of a process, including its threads that have ended, in nanoseconds.
struct CPUTime {
    var user: Int64
    var kernel: Int64

    /// From getrusage(2).
    static var ofThisProcess: CPUTime {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return CPUTime(user: nanoseconds(usage.ru_utime), kernel: nanoseconds(usage.ru_stime))
    }

    static func - (left: CPUTime, right: CPUTime) -> CPUTime {
        CPUTime(user: left.user - right.user, kernel: left.kernel - right.kernel)
    }

    private static func nanoseconds(_ time: timeval) -> Int64 {
        Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_usec) * 1000
    }
}
