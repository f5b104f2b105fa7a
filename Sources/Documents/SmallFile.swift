internal import Glibc
package import SecretMemory

/// Reads files that are small by nature: settings, certificates, tokens, descriptions.
///
/// The user who names or writes such a file may not be trusted. So a read never blocks, takes no more memory than
/// its limit, and accepts regular files only: no directories, pipes, sockets or devices. It does not rely on the size
/// that the system reports, so it reads a file that grows, or one of `/proc`, completely or not at all.
package enum SmallFile {
    /// Returns the file's bytes, at most `limit`. With `directories`, it does not open a file outside of them: it
    /// resolves links and `..` before the comparison.
    package static func bytes(
        of path: String, limit: Int, within directories: [String]? = nil
    ) throws(SmallFileError) -> [UInt8] {
        let descriptor = try open(path, within: directories)
        defer { close(descriptor) }
        return try bytes(of: descriptor, limit: limit)
    }

    /// Returns the bytes of a file that holds a secret.
    package static func secret(of path: String, limit: Int) throws(SmallFileError) -> SecretBytes {
        let descriptor = try open(path, within: nil)
        defer { close(descriptor) }
        var builder = SecretBytesBuilder(capacity: 4096)
        try read(descriptor, limit) { builder.append($0) }
        return builder.finish()
    }

    /// Returns the rest of an open file of any kind, at most `limit` bytes. It waits for a pipe.
    package static func bytes(of descriptor: Int32, limit: Int) throws(SmallFileError) -> [UInt8] {
        var bytes: [UInt8] = []
        try read(descriptor, limit) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Calls `take` with the file piece by piece, and wipes its buffer.
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

    /// These flags change nothing for a regular file, and keep a pipe in its place from blocking.
    private static let fileFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    /// For the directories of a path, which need not be readable. The first flag is Linux's O_PATH, which Swift does
    /// not import.
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

    /// Opens a resolved path directory by directory without following links. So a link that was put in its way after
    /// it was resolved cannot lead elsewhere.
    private static func open(exactly path: String) throws(SmallFileError) -> Int32 {
        let components = path.split(separator: "/").map(String.init)
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

    /// Returns the resolved path if it is below one of `directories`. It compares paths as bytes, because two texts
    /// that are equal for Swift can be two files.
    private static func resolved(_ path: String, within directories: [String]) throws(SmallFileError) -> String {
        let real = resolved(path)
        let number = errno
        for directory in directories {
            guard let allowed = resolved(directory) else { continue }
            if let real, isPath(real, below: allowed) { return real }
            // An error must not say which files exist outside.
            let isPlain = !path.split(separator: "/").contains("..")
            if real == nil, isPlain, isPath(path, below: directory) || isPath(path, below: allowed) {
                throw .system(number)
            }
        }
        throw .outside
    }

    private static func isPath(_ path: String, below directory: String) -> Bool {
        path.utf8.starts(with: (directory.droppingTrailingSlashes() + "/").utf8)
    }

    /// Resolves links and dots; nil when the path does not exist, with the reason in `errno`.
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

/// Why a file could not be read. It says nothing about the file's content.
package enum SmallFileError: Error, Equatable, Sendable {
    /// The system's error number.
    case system(Int32)
    case notRegular
    case tooLarge(limit: Int)
    /// The file is in none of the given directories, or does not exist.
    case outside
}

extension SmallFileError: CustomStringConvertible {
    /// Such as "no such file or directory".
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
