internal import Documents
internal import Glibc

/// Writes whole files, by the system's own calls: Foundation's file attributes are not the same in a statically
/// linked program.
enum FileOutput {
    /// Replaces `path` with a file with `bytes` and exactly the permissions `mode`. At no moment is there
    /// half a file, nor one that more users may read. A pipe or a device is written to and stays.
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

    /// The permissions of an existing file.
    static func mode(of path: String) throws(SmallFileError) -> mode_t {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .system(errno) }
        return status.st_mode & 0o7777
    }

    private static func write(_ bytes: [UInt8], to path: String, _ mode: mode_t?) throws(SmallFileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(errno) }
        defer { close(descriptor) }
        // Not by the creation mode, which the umask would narrow.
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
