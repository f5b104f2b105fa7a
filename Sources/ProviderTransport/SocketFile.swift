internal import Glibc

/// The file of a unix socket, before and after the server owns it.
enum SocketFile {
    /// The longest path that the kernel accepts, without its terminating zero.
    static let maximumPathLength = 107

    /// Returns the path of the socket before it listens. It is next to `path` and not longer, because the kernel limits
    /// the length.
    ///
    /// It depends on the name and on the process, so that servers in one directory do not disturb each other. A container
    /// that is started again mostly has the same process number, and then removes what it left behind.
    static func temporaryPath(for path: String, of process: Int32 = getpid()) -> String {
        let start = path.utf8.lastIndex(of: UInt8(ascii: "/")).map(path.utf8.index(after:)) ?? path.startIndex
        let name = path[start...]
        // FNV-1a, because the standard library's hash is another one in each process.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(process)/\(name)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 36).suffix(max(0, name.utf8.count - 1))
        return path[..<start] + (name == "~\(digits)" ? "_" : "~") + digits
    }

    /// Removes the file at `path` if it is a socket that no process listens on. Throws if anything else exists there,
    /// because that belongs to someone else.
    static func removeStale(at path: String) throws(ListenError) {
        guard path.utf8.count <= maximumPathLength else {
            throw ListenError(
                description: "socket path has \(path.utf8.count) bytes, "
                    + "the kernel accepts at most \(maximumPathLength): \(path)")
        }
        var information = stat()
        guard lstat(path, &information) == 0 else {
            guard errno == ENOENT else {
                throw ListenError(description: "cannot look at \(path): \(String(cString: strerror(errno)))")
            }
            return
        }
        guard information.st_mode & S_IFMT == S_IFSOCK else {
            throw ListenError(
                description:
                    "\(path) exists and is not a socket; it is left alone. Remove it or choose another endpoint")
        }
        switch probe(path) {
        case 0:
            throw ListenError(
                description: "another process is listening on \(path); stop it first, or choose another endpoint")
        case ECONNREFUSED, ENOENT:
            guard unlink(path) == 0 || errno == ENOENT else {
                throw ListenError(
                    description: "cannot remove the stale socket \(path): \(String(cString: strerror(errno)))")
            }
        case let error:
            throw ListenError(
                description: "cannot tell whether \(path) is in use: \(String(cString: strerror(error)))")
        }
    }

    /// Connects and hangs up: 0 if a process listens, otherwise the error number.
    private static func probe(_ path: String) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return withAddress(path) { connect(descriptor, $0, $1) } == 0 ? 0 : errno
    }

    /// Calls `body` with `path` as a socket address.
    static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(maximumPathLength)) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
