internal import Documents
internal import Glibc
internal import SecretMemory

/// Reads the input that a command names: a file, a pipe such as `<(kustomize build .)`, or standard input.
enum FileBytes {
    /// The maximum size of manifests in bytes. It also ends reading from endless sources such as `/dev/zero`.
    private static let maximumManifest = 256 << 20
    /// The maximum size in bytes. A token has a few kilobytes, and a Secret at most 1 MiB, which can be six times
    /// longer as JSON.
    private static let maximumSecret = 8 << 20

    enum Kind {
        case directory
        case regular
        /// A pipe, a socket or a device.
        case stream
    }

    /// Returns the kind of the file, following symbolic links.
    static func kind(_ path: String) throws(FileBytesError) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure() }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return .directory
        case S_IFREG: return .regular
        default: return .stream
        }
    }

    /// Returns whether the path is a directory, without following symbolic links.
    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func read(_ path: String, limit: Int = maximumManifest) throws(FileBytesError) -> [UInt8] {
        guard try kind(path) == .stream else {
            return try attempt { () throws(SmallFileError) in try SmallFile.bytes(of: path, limit: limit) }
        }
        // The user waits for the content of the pipe.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        return try read(descriptor, limit: limit)
    }

    static func read(_ descriptor: Int32, limit: Int = maximumManifest) throws(FileBytesError) -> [UInt8] {
        try attempt { () throws(SmallFileError) in try SmallFile.bytes(of: descriptor, limit: limit) }
    }

    /// Returns the service account token without leading and trailing white space, from a file, or from a pipe such as
    /// `<(kubectl create token …)`. If the caller allows it, `-` means standard input.
    static func token(_ path: String, allowsInput: Bool = false) throws(CommandError) -> SecretBytes {
        let bytes = try secret("token file", path, allowsInput)
        return SecretBytes(String(decoding: bytes, as: UTF8.self).trimmingSpace())
    }

    /// Returns the data of nodePublishSecretRef, unchanged.
    static func credentials(_ path: String, allowsInput: Bool = false) throws(CommandError) -> SecretBytes {
        SecretBytes(try secret("file", path, allowsInput))
    }

    private static func secret(
        _ what: String, _ path: String, _ allowsInput: Bool
    ) throws(CommandError) -> [UInt8] {
        let isInput = allowsInput && path == "-"
        do throws(FileBytesError) {
            return isInput ? try read(STDIN_FILENO, limit: maximumSecret) : try read(path, limit: maximumSecret)
        } catch {
            let name = isInput ? "standard input" : path
            throw CommandError("the \(what) \(name) cannot be read: \(error.reason)", isMistake: error.isMissing)
        }
    }

    /// Returns the target of `path` with symbolic links and dots resolved, or `path` itself if the target does not
    /// exist.
    static func resolved(_ path: String) -> String {
        guard let pointer = realpath(path, nil) else { return path }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    private static func failure() -> FileBytesError {
        let number = errno
        return FileBytesError(
            reason: SmallFileError.system(number).description, isMissing: number == ENOENT || number == ENOTDIR)
    }

    private static func attempt(_ body: () throws(SmallFileError) -> [UInt8]) throws(FileBytesError) -> [UInt8] {
        do throws(SmallFileError) { return try body() } catch { throw FileBytesError(reason: error.description) }
    }
}

struct FileBytesError: Error {
    /// The reason in the system's words.
    var reason: String
    /// Whether the file does not exist.
    var isMissing = false
}
