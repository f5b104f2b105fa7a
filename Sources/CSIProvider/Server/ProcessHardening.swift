internal import CProcess
internal import Glibc
internal import Logging

/// Protects the memory of the process from other programs on the node.
enum ProcessHardening {
    /// Disables core dumps, and prevents other processes of the same user from reading this process's memory and
    /// environment.
    ///
    /// It also disables Swift's crash reports. They show memory around the registers, and a crashed process would wait
    /// for a reporter that is not allowed to read it, and would not be restarted.
    ///
    /// All settings last until the process ends. A debugger then needs CAP_SYS_PTRACE.
    static func apply(logger: Logger) {
        for number in [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] { signal(number, SIG_DFL) }
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        if setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) != 0 {
            logger.warning("core dumps cannot be switched off", metadata: ["errno": "\(errno)"])
        }
        let failure = process_disable_dumping()
        if failure != 0 {
            logger.warning(
                "other processes cannot be kept from reading this process's memory", metadata: ["errno": "\(failure)"])
        }
    }
}
