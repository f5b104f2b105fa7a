internal import CommandSupport
internal import Diagnostics
internal import Documents
internal import FoundationEssentials
internal import Glibc

/// Finds and reads the manifests that a command names.
struct ManifestFiles {
    /// The files in the order of the arguments, and by name below a directory. Each file occurs once.
    private(set) var files: [ManifestFile] = []
    /// The files that could not be read. All other files are read anyway.
    private(set) var failures: [ManifestFileError] = []
    private var seen: Set<String> = []

    /// Reads `paths`, which are files, directories, or `-` for standard input.
    init(_ paths: [String]) {
        for path in paths {
            do throws(ManifestFileError) { try add(path) } catch { failures.append(error) }
        }
    }

    /// Whether the command names a file or a directory that does not exist.
    var hasMistake: Bool { failures.contains(where: \.isMistake) }

    /// Returns all files, for commands that need all of them. Throws if one cannot be read.
    static func all(_ paths: [String]) throws(CommandError) -> [ManifestFile] {
        let read = ManifestFiles(paths)
        guard read.failures.isEmpty else {
            throw CommandError(read.failures.map(\.description).joined(separator: "; "), isMistake: read.hasMistake)
        }
        return read.files
    }

    private mutating func add(_ path: String) throws(ManifestFileError) {
        if path == "-" { return try addStandardInput() }
        let kind: FileBytes.Kind
        do throws(FileBytesError) { kind = try FileBytes.kind(path) } catch {
            var failure = ManifestFileError(path: path, reason: error.reason)
            failure.isMistake = error.isMissing
            throw failure
        }
        guard kind == .directory else { return try addFile(path) }
        try addDirectory(path)
    }

    private mutating func addStandardInput() throws(ManifestFileError) {
        guard seen.insert("-").inserted else { return }
        let path = "<stdin>"
        let bytes: [UInt8]
        do throws(FileBytesError) { bytes = try FileBytes.read(STDIN_FILENO) } catch {
            throw ManifestFileError(path: path, reason: error.reason)
        }
        // If the command before the pipe failed, its empty output must not count as manifests without findings.
        guard !bytes.isEmpty else {
            throw ManifestFileError(
                path: path, reason: "standard input is empty", fix: "check the output of the command before the pipe")
        }
        files.append(try Self.manifest(path, bytes))
    }

    private mutating func addDirectory(_ path: String) throws(ManifestFileError) {
        let base = path.hasSuffix("/") ? path : "\(path)/"
        let before = failures.count
        let names = names(below: base)
        // The templates of a chart are manifests only after Helm has rendered them.
        let templates = names.filter { $0 == "Chart.yaml" || $0.hasSuffix("/Chart.yaml") }.map {
            $0.dropLast("Chart.yaml".count) + "templates/"
        }
        let manifests = names.filter { name in
            [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) } && !templates.contains { name.hasPrefix($0) }
                && Self.isReadable(base + name)
        }.sorted()
        guard !manifests.isEmpty || failures.count > before else {
            throw ManifestFileError(
                path: path, reason: "the directory holds no manifest",
                fix: "name a directory with *.yaml, *.yml or *.json below it")
        }
        for name in manifests {
            do throws(ManifestFileError) { try addFile(base + name) } catch { failures.append(error) }
        }
    }

    /// Returns all paths below a directory, relative to it. Symbolic links to directories are not followed, because
    /// they can form a cycle.
    private mutating func names(below base: String, _ prefix: String = "") -> [String] {
        let directory = base + prefix
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            failures.append(
                ManifestFileError(
                    path: directory, reason: "the directory cannot be read",
                    fix: "make it a directory that this user may read"))
            return []
        }
        return names.flatMap { name in
            let path = prefix + name
            return FileBytes.isDirectory(base + path) ? self.names(below: base, path + "/") : [path]
        }
    }

    /// Whether to read a path: directories are skipped, and so are pipes, which may never end. A broken symbolic link
    /// is read, so that it is reported.
    private static func isReadable(_ path: String) -> Bool {
        switch try? FileBytes.kind(path) {
        case .regular, nil: true
        case .directory, .stream: false
        }
    }

    private mutating func addFile(_ path: String) throws(ManifestFileError) {
        guard seen.insert(FileBytes.resolved(path)).inserted else { return }
        let bytes: [UInt8]
        do throws(FileBytesError) { bytes = try FileBytes.read(path) } catch {
            throw ManifestFileError(path: path, reason: error.reason, fix: "make it a file that this user may read")
        }
        files.append(try Self.manifest(path, bytes))
    }

    private static func manifest(_ path: String, _ bytes: [UInt8]) throws(ManifestFileError) -> ManifestFile {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ManifestFileError(path: path, reason: "the file is not UTF-8", fix: "save it as UTF-8")
        }
        return ManifestFile(path: path, text: text)
    }
}

extension TextStyle {
    /// The text style of standard output.
    static var terminal: TextStyle { TextStyle(isColoured: TerminalColour.isWanted) }
}

struct ManifestFileError: Error, CustomStringConvertible {
    var path: String
    var reason: String
    var fix = "name a file or a directory that exists, or - for standard input"
    /// Whether the command names a file that does not exist.
    var isMistake = false

    var description: String { "\(path): \(reason)" }

    var finding: Finding { Finding(unreadable: path, reason, fix: fix) }
}
