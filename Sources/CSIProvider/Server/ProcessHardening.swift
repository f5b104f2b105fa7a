internal import CProcess
internal import Glibc
internal import Logging

/// Keeps what the process holds in memory from getting out by way of the system.
enum ProcessHardening {
    /// No core dumps, and no other process of the same user may read this one's memory or environment.
    ///
    /// Swift's own crash reports are off too: they show memory around the registers, and waiting for a
    /// reporter that may not look keeps a crashed process from ending, and so from being restarted.
    ///
    /// All hold for the whole life of the process; a debugger needs CAP_SYS_PTRACE from then on.
    static func apply(logger: Logger) {
        for number in [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] { signal(number, SIG_DFL) }
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        if setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) != 0 {
            logger.warning("core dumps cannot be switched off", metadata: ["errno": "\(errno)"])
        }
        let failure = process_disable_dumping()
        if failure != 0 {
            logger.warning("the process's memory cannot be closed to others", metadata: ["errno": "\(failure)"])
        }
    }
}
