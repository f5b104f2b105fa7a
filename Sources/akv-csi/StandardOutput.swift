internal import Glibc

/// Writes to standard output without buffering.
enum StandardOutput {
    /// Writes `text`. Throws if that fails, for example because the disk is full, so that a partial report is not
    /// mistaken for a complete one. If the reader has closed the pipe, as `head` does, this is not a failure.
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
