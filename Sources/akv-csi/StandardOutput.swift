internal import Glibc

/// Standard output for those who read it as it comes.
enum StandardOutput {
    /// Throws when it cannot be written, such as to a full disk: half a report must not pass for a whole one.
    /// A reader that has read enough, such as `head`, is not a failure.
    static func write(_ text: String) throws(CommandError) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count >= 0 {
                bytes = bytes.dropFirst(count)
            } else if errno == EPIPE {
                return
            } else if errno != EINTR {
                throw CommandError("standard output cannot be written: \(String(cString: strerror(errno)))")
            }
        }
    }
}
