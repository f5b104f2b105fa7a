internal import Glibc
package import SecretMemory

/// Reads small files, such as settings, certificates, tokens and descriptions.
///
/// The user who names or writes such a file may not be trusted. A read therefore never blocks, uses no more memory than
/// its limit, and accepts only regular files: no directories, pipes, sockets or devices. It does not rely on the size
/// that the system reports, so it reads a growing file or one of `/proc` either completely or not at all.
package enum SmallFile {
    /// Returns the bytes of the file, at most `limit`. If `directories` is set, it opens only files inside of them,
    /// after it has resolved symbolic links and `..`. Throws if the file cannot be read or is larger.
    package static func bytes(
        of path: String, limit: Int, within directories: [String]? = nil
    ) throws(SmallFileError) -> [UInt8] {
        let descriptor = try open(path, within: directories)
        defer { close(descriptor) }
        return try bytes(of: descriptor, limit: limit)
    }

    /// Returns the bytes of a file that contains a secret. Throws if the file cannot be read or is larger than `limit`.
    package static func secret(of path: String, limit: Int) throws(SmallFileError) -> SecretBytes {
        let descriptor = try open(path, within: nil)
        defer { close(descriptor) }
        var builder = SecretBytesBuilder(capacity: 4096)
        try read(descriptor, limit) { builder.append($0) }
        return builder.finish()
    }

    /// Returns the remaining bytes of an open file of any kind, at most `limit`. It waits for the end of a pipe.
    package static func bytes(of descriptor: Int32, limit: Int) throws(SmallFileError) -> [UInt8] {
        var bytes: [UInt8] = []
        try read(descriptor, limit) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Calls `take` with each piece of the file, and wipes the buffer.
    private static func read(
        _ descriptor: Int32, _ limit: Int, _ take: (UnsafeRawBufferPointer) -> Void
    ) throws(SmallFileError) {
        let failure = withUnsafeTemporaryAllocation(byteCount: 32 << 10, alignment: 16) { buffer -> SmallFileError? in
            defer { if let base = buffer.baseAddress { explicit_bzero(base, buffer.count) } }
            var total = 0
            while true {
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count == 0 { return nil }
                if count < 0 {
                    if errno == EINTR { continue }
                    return .system(errno)
                }
                total += count
                guard total <= limit else { return .tooLarge(limit: limit) }
                take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
        if let failure { throw failure }
    }

    // MARK: - Opening

    /// These flags do not affect a regular file, and prevent blocking if the path is a pipe.
    private static let fileFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    /// The flags for the directories of a path, which need not be readable. The first flag is Linux's O_PATH, which
    /// Swift does not import.
    private static let directoryFlags = 0o10000000 | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC

    private static func open(_ path: String, within directories: [String]?) throws(SmallFileError) -> Int32 {
        // The system would end the path at the zero byte.
        guard !path.utf8.contains(0) else { throw .system(EINVAL) }
        let descriptor: Int32
        if let directories {
            descriptor = try open(exactly: try resolved(path, within: directories))
        } else {
            var status = stat()
            guard stat(path, &status) == 0 else { throw .system(errno) }
            // Opening a device can have an effect, such as starting a watchdog.
            try checkKind(status)
            descriptor = repeating { Glibc.open(path, fileFlags) }
        }
        guard descriptor >= 0 else { throw .system(errno) }
        var status = stat()
        do throws(SmallFileError) {
            guard fstat(descriptor, &status) == 0 else { throw .system(errno) }
            try checkKind(status)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func checkKind(_ status: stat) throws(SmallFileError) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: throw .system(EISDIR)
        default: throw .notRegular
        }
    }

    /// Opens a resolved path directory by directory, without following symbolic links. A link that is created after the
    /// path was resolved therefore cannot redirect it.
    private static func open(exactly path: String) throws(SmallFileError) -> Int32 {
        let components = components(of: path)
        guard let name = components.last else { throw .system(EISDIR) }
        var directory = repeating { Glibc.open("/", directoryFlags) }
        for component in components.dropLast() where directory >= 0 {
            let parent = directory
            directory = repeating { openat(parent, component, directoryFlags) }
            let number = errno
            close(parent)
            errno = number
        }
        guard directory >= 0 else { throw .system(errno) }
        defer { close(directory) }
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw .system(errno) }
        try checkKind(status)
        let descriptor = repeating { openat(directory, name, fileFlags | O_NOFOLLOW) }
        guard descriptor >= 0 else { throw .system(errno) }
        return descriptor
    }

    /// Returns the names in a path. It splits by bytes, as the system does: to Swift, a slash with an accent is another
    /// character.
    private static func components(of path: String) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    }

    /// Returns the resolved path if it is below one of `directories`. Paths are compared by bytes, because two texts
    /// that Swift treats as equal can be two different files.
    private static func resolved(_ path: String, within directories: [String]) throws(SmallFileError) -> String {
        let real = resolved(path)
        let number = errno
        for directory in directories {
            guard let allowed = resolved(directory) else { continue }
            if let real, isPath(real, below: allowed) { return real }
            // An error must not reveal which files exist outside of the directories.
            let isPlain = !components(of: path).contains("..")
            if real == nil, isPlain, isPath(path, below: directory) || isPath(path, below: allowed) {
                throw .system(number)
            }
        }
        throw .outside
    }

    private static func isPath(_ path: String, below directory: String) -> Bool {
        path.utf8.starts(with: (directory.droppingTrailingSlashes() + "/").utf8)
    }

    /// Resolves symbolic links and dots. Returns nil if the path does not exist, with the reason in `errno`.
    private static func resolved(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    private static func repeating(_ call: () -> Int32) -> Int32 {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}

/// The reason why a file could not be read. It does not contain any of the file's content.
package enum SmallFileError: Error, Equatable, Sendable {
    /// The error number of the system.
    case system(Int32)
    case notRegular
    case tooLarge(limit: Int)
    /// The file is outside of the given directories, or does not exist.
    case outside
}

extension SmallFileError: CustomStringConvertible {
    /// The text of the error, such as "no such file or directory".
    package var description: String {
        switch self {
        case .system(let number):
            let text = String(cString: strerror(number))
            return text.prefix(1).lowercased() + text.dropFirst()
        case .notRegular: return "not a regular file"
        case .tooLarge(let limit): return "the file is larger than \(limit) bytes"
        case .outside: return "not in one of the allowed directories"
        }
    }
}
