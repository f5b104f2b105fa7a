internal import Documents
internal import Glibc
internal import SecretMemory

/// Reads what a command names, be it a file, a pipe such as `<(kustomize build .)`, or standard input.
enum FileBytes {
    /// No manifest is larger; what never ends, such as `/dev/zero`, ends here.
    private static let maximumManifest = 256 << 20
    /// A token has a few kilobytes, and a Secret 1 MiB at most, which JSON may make six times as long.
    private static let maximumSecret = 8 << 20

    enum Kind {
        case directory
        case regular
        /// A pipe, a socket or a device.
        case stream
    }

    /// Links are followed.
    static func kind(_ path: String) throws(FileBytesError) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure() }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return .directory
        case S_IFREG: return .regular
        default: return .stream
        }
    }

    /// Links are not followed.
    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func read(_ path: String, limit: Int = maximumManifest) throws(FileBytesError) -> [UInt8] {
        guard try kind(path) == .stream else {
            return try attempt { () throws(SmallFileError) in try SmallFile.bytes(of: path, limit: limit) }
        }
        // The user waits for what comes through the pipe.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        return try read(descriptor, limit: limit)
    }

    static func read(_ descriptor: Int32, limit: Int = maximumManifest) throws(FileBytesError) -> [UInt8] {
        try attempt { () throws(SmallFileError) in try SmallFile.bytes(of: descriptor, limit: limit) }
    }

    /// The service account's token without white space at its ends, from a file, from a pipe such as
    /// `<(kubectl create token …)`, or from standard
    /// input if `path` is `-` and the caller allows that.
    static func token(_ path: String, allowsInput: Bool = false) throws(CommandError) -> SecretBytes {
        let bytes = try secret("token file", path, allowsInput)
        return SecretBytes(String(decoding: bytes, as: UTF8.self).trimmingSpace())
    }

    /// The data of nodePublishSecretRef, as they stand.
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

    /// Where `path` leads, links and dots resolved; itself when it leads nowhere.
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
    /// In the system's words.
    var reason: String
    /// The file does not exist.
    var isMissing = false
}
