internal import Documents
internal import Glibc

/// Writes whole files with system calls, because Foundation's file attributes behave differently in a statically linked
/// program.
enum FileOutput {
    /// Replaces `path` with a file that contains `bytes` and has exactly the permissions `mode`. A partial file, or one
    /// with wider permissions, is never visible. If the path is a pipe or a device, the bytes are written to it.
    static func replace(_ path: String, with bytes: [UInt8], mode: mode_t) throws(SmallFileError) {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG { return try write(bytes, to: path, nil) }
        let temporary = "\(path).akv-csi"
        do throws(SmallFileError) {
            try write(bytes, to: temporary, mode)
            guard rename(temporary, path) == 0 else { throw .system(errno) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Returns the permissions of an existing file.
    static func mode(of path: String) throws(SmallFileError) -> mode_t {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .system(errno) }
        return status.st_mode & 0o7777
    }

    private static func write(_ bytes: [UInt8], to path: String, _ mode: mode_t?) throws(SmallFileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(errno) }
        defer { close(descriptor) }
        // The creation mode is not used, because the umask would restrict it.
        if let mode, fchmod(descriptor, mode) != 0 { throw .system(errno) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw .system(errno)
            }
        }
    }
}
