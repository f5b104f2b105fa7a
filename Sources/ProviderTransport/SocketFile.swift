internal import Glibc

/// The file of a unix socket, before and after the server owns it.
enum SocketFile {
    /// The longest path that the kernel accepts, without its terminating zero.
    static let maximumPathLength = 107

    /// Returns the path of the socket before it listens. It is next to `path` and not longer, because the kernel limits
    /// the length.
    static func temporaryPath(for path: String) -> String {
        let start = path.utf8.lastIndex(of: UInt8(ascii: "/")).map(path.utf8.index(after:)) ?? path.startIndex
        let name = path[start...].unicodeScalars
        return path[..<start] + (name.first == "~" ? "_" : "~") + String(name.dropFirst())
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
