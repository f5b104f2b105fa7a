internal import Documents
internal import Glibc
internal import ProviderCore
package import SecretMemory

/// Writes the content of a volume like the kubelet and the driver: completely into a new directory, which then becomes
/// visible in one step by renaming the symbolic link `..data`. A reader sees either the old or the new files, and never
/// a mixture.
package struct AtomicWriter: Sendable {
    /// A file of the volume.
    package struct File: Sendable {
        package var path: String
        package var mode: UInt32
        package var contents: SecretBytes

        package init(path: String, mode: UInt32, contents: SecretBytes) {
            self.path = path
            self.mode = mode
            self.contents = contents
        }
    }

    private static let dataLink = "..data"
    private static let slash = UInt8(ascii: "/")

    private let target: String

    package init(target: String) {
        self.target = target
    }

    /// Makes `files` the whole content of the volume. Returns whether anything changed. Like the driver, it compares
    /// only paths and contents.
    @discardableResult
    package func write(_ files: [File]) throws(AtomicWriterError) -> Bool {
        for file in files {
            if let problem = MountPath.problem(with: file.path) {
                throw AtomicWriterError(description: "\(file.path): \(problem)")
            }
        }
        try makeDirectory(target, 0o755)
        let previous = link(Self.dataLink)
        if let previous, isSame(files, in: "\(target)/\(previous)") { return false }

        let name = try newDirectory()
        for file in files { try write(file, below: "\(target)/\(name)") }
        let temporary = "\(target)/..data_tmp"
        unlink(temporary)
        guard symlink(name, temporary) == 0, rename(temporary, "\(target)/\(Self.dataLink)") == 0 else {
            throw failure("switch to the new content")
        }
        try publish(files)
        if let previous { remove("\(target)/\(previous)") }
        return true
    }

    /// Creates a link through `..data` for each top-level name, and removes links whose targets no longer exist.
    private func publish(_ files: [File]) throws(AtomicWriterError) {
        // Names are compared by bytes, as the kernel does: in Swift, a slash with a combining mark is another
        // character.
        let names = Set(files.map { ByteKey($0.path.utf8.prefix { $0 != Self.slash }) })
        for name in names.map({ String(decoding: $0.bytes, as: UTF8.self) }) where link(name) == nil {
            guard symlink("\(Self.dataLink)/\(name)", "\(target)/\(name)") == 0 else { throw failure("link \(name)") }
        }
        for name in entries(target)
        where !names.contains(ByteKey(name)) && !name.utf8.starts(with: "..".utf8) && link(name) != nil {
            unlink("\(target)/\(name)")
        }
    }

    private func write(_ file: File, below directory: String) throws(AtomicWriterError) {
        var parent = directory
        for element in file.path.utf8.split(separator: Self.slash).dropLast() {
            parent += "/" + String(decoding: element, as: UTF8.self)
            try makeDirectory(parent, 0o755)
        }
        let path = "\(directory)/\(file.path)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create \(file.path)") }
        defer { close(descriptor) }
        let isWritten = file.contents.withExposed { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
        // The creation mode is not used, because the umask would restrict it.
        guard isWritten, fchmod(descriptor, mode_t(file.mode)) == 0 else { throw failure("write \(file.path)") }
    }

    // MARK: - The directory

    private func newDirectory() throws(AtomicWriterError) -> String {
        for _ in 0..<100 {
            let name = "..\(String(UInt64.random(in: 0 ... .max), radix: 16))"
            if mkdir("\(target)/\(name)", 0o755) == 0 { return name }
            guard errno == EEXIST else { break }
        }
        throw failure("make a directory")
    }

    private func makeDirectory(_ path: String, _ mode: mode_t) throws(AtomicWriterError) {
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw failure("make the directory \(path)") }
    }

    private func isSame(_ files: [File], in directory: String) -> Bool {
        Set(tree(directory).map { ByteKey($0) }) == Set(files.map { ByteKey($0.path) })
            && files.allSatisfy { file in
                let current = try? SmallFile.secret(of: "\(directory)/\(file.path)", limit: file.contents.count)
                return current?.hasSameBytes(as: file.contents) ?? false
            }
    }

    /// Returns the paths of all files below `directory`.
    private func tree(_ directory: String) -> [String] {
        entries(directory).flatMap { name -> [String] in
            let path = "\(directory)/\(name)"
            return isDirectory(path) ? tree(path).map { "\(name)/\($0)" } : [name]
        }
    }

    private func remove(_ path: String) {
        if isDirectory(path) {
            for name in entries(path) { remove("\(path)/\(name)") }
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    private func isDirectory(_ path: String) -> Bool {
        var information = stat()
        return lstat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
    }

    private func link(_ name: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            let count = readlink("\(target)/\(name)", base, buffer.count)
            guard count > 0 else { return nil }
            return String(decoding: UnsafeRawBufferPointer(buffer)[..<count], as: UTF8.self)
        }
    }

    private func entries(_ directory: String) -> [String] {
        guard let handle = opendir(directory) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private func failure(_ what: String) -> AtomicWriterError {
        AtomicWriterError(description: "cannot \(what) in \(target): \(String(cString: strerror(errno)))")
    }
}

/// Explains why an `AtomicWriter` could not write the volume.
package struct AtomicWriterError: Error, CustomStringConvertible {
    package var description: String
}
