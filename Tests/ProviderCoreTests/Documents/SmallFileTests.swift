import Documents
import Foundation
import SecretMemory
import TestSupport
import Testing

@Suite("Reading a small file", .timeLimit(.minutes(1)))
struct SmallFileTests {
    @Test("all bytes of a regular file are read, also through links", arguments: [0, 1, 40_000, 100_000])
    func whole(count: Int) async throws {
        try await TemporaryDirectory.with { directory in
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let path = try directory.write(bytes, to: "file")
            try FileManager.default.createSymbolicLink(atPath: directory.file("link"), withDestinationPath: "file")
            for path in [path, directory.file("link")] {
                #expect(try SmallFile.bytes(of: path, limit: count) == bytes)
                #expect(try SmallFile.secret(of: path, limit: count).withExposed { Array($0) } == bytes)
                guard count > 0 else { continue }
                #expect(throws: SmallFileError.tooLarge(limit: count - 1)) {
                    try SmallFile.bytes(of: path, limit: count - 1)
                }
            }
        }
    }

    @Test("the size that the system reports is not trusted")
    func sizeless() throws {
        // The kernel reports a size of 0 bytes.
        #expect(try SmallFile.bytes(of: "/proc/self/status", limit: 1 << 20).starts(with: "Name:".utf8))
        #expect(throws: SmallFileError.tooLarge(limit: 5)) { try SmallFile.bytes(of: "/proc/self/status", limit: 5) }
    }

    @Test("an endless file is read up to the limit")
    func endless() async throws {
        try await TemporaryDirectory.with { directory in
            let path = try directory.write([], to: "sparse")
            #expect(truncate(path, 1 << 40) == 0)
            #expect(throws: SmallFileError.tooLarge(limit: 1 << 20)) {
                try SmallFile.bytes(of: path, limit: 1 << 20)
            }
        }
    }

    @Test("anything that is not a regular file is refused immediately")
    func otherKinds() async throws {
        try await TemporaryDirectory.with { directory in
            #expect(mkfifo(directory.file("pipe"), 0o600) == 0)
            for allowed in [nil, ["/"]] {
                func error(_ path: String) -> SmallFileError? {
                    #expect(throws: SmallFileError.self) {
                        try SmallFile.bytes(of: path, limit: 10, within: allowed)
                    }
                }
                // No process writes to the pipe, so a blocking read would never return.
                #expect(error(directory.file("pipe")) == .notRegular)
                #expect(error("/dev/zero") == .notRegular)
                #expect(error("/dev/null") == .notRegular)
                #expect(error(directory.path) == .system(EISDIR))
                #expect(error("/") == .system(EISDIR))
                #expect(error(directory.file("absent")) == .system(ENOENT))
                #expect(error("\(directory.path)/pipe/file") == .system(ENOTDIR))
                // For the system, the path would end at the zero byte.
                #expect(error("/etc/passwd\0.json") == .system(EINVAL))
                #expect(error("") == (allowed == nil ? .system(ENOENT) : .outside))
            }
        }
    }

    @Test("an error contains the system's words")
    func words() {
        #expect("\(SmallFileError.system(ENOENT))" == "no such file or directory")
        #expect("\(SmallFileError.system(EACCES))" == "permission denied")
        #expect("\(SmallFileError.notRegular)" == "not a regular file")
        #expect("\(SmallFileError.tooLarge(limit: 7))" == "the file is larger than 7 bytes")
    }

    @Test("a file outside of the allowed directories is never opened, whatever its path")
    func confined() async throws {
        try await TemporaryDirectory.with { directory in
            let files = FileManager.default
            for name in ["allowed/..1", "allowed-too"] {
                try files.createDirectory(atPath: directory.file(name), withIntermediateDirectories: true)
            }
            try directory.write("inside".utf8, to: "allowed/..1/file")
            let outside = try directory.write("outside".utf8, to: "allowed-too/file")
            for (link, destination) in [
                ("allowed/..data", "..1"), ("allowed/file", "..data/file"), ("allowed/out", outside),
                ("allowed/nowhere", "/nowhere/file"), ("way-in", "allowed"),
            ] {
                try files.createSymbolicLink(atPath: directory.file(link), withDestinationPath: destination)
            }
            let allowed = directory.file("allowed")
            func read(_ path: String, _ directories: [String]) throws -> String {
                String(decoding: try SmallFile.bytes(of: path, limit: 100, within: directories), as: UTF8.self)
            }
            // The layout of a ConfigMap's volume, with every name of the directory.
            for directories in [[allowed], ["\(allowed)//"], ["/nowhere", allowed], [directory.file("way-in")]] {
                #expect(try read("\(allowed)/file", directories) == "inside")
                #expect(try read("\(allowed)/../way-in/file", directories) == "inside")
            }
            for path in [
                outside, "\(allowed)/out", "\(allowed)/../allowed-too/file",
                "\(allowed)/nowhere/../../allowed-too/file", "\(allowed)/../absent", "/proc/self/environ", "/nowhere",
                // To Swift, the slash with the accent is another character.
                "\(allowed)/../\u{301}absent",
            ] {
                for directories in [[allowed], ["/nowhere"], []] {
                    #expect(throws: SmallFileError.outside, "\(path)") { try read(path, directories) }
                }
            }
            // A missing file inside a directory is reported.
            #expect(throws: SmallFileError.system(ENOENT)) { try read("\(allowed)/absent", [allowed]) }
            #expect(throws: SmallFileError.outside) { try read("\(allowed)", [allowed]) }
        }
    }

    @Test(
        "a link that is created during the read does not lead outside",
        // To Swift, the slash before the accent is another character.
        arguments: ["file", "\u{301}file"])
    func race(name: String) async throws {
        try await TemporaryDirectory.with { directory in
            try FileManager.default.createDirectory(
                atPath: directory.file("allowed/folder"), withIntermediateDirectories: true)
            try FileManager.default.createDirectory(
                atPath: directory.file("outside"), withIntermediateDirectories: true)
            try directory.write("inside".utf8, to: "allowed/folder/\(name)")
            try directory.write("outside".utf8, to: "outside/\(name)")
            try FileManager.default.createSymbolicLink(
                atPath: directory.file("link"), withDestinationPath: directory.file("outside"))
            let (folder, link) = (directory.file("allowed/folder"), directory.file("link"))
            let path = "\(folder)/\(name)"
            try await withThrowingTaskGroup(of: Void.self) { group in
                // The folder is replaced by the link, and back again, until the reader has read often enough.
                group.addTask {
                    let spare = "\(folder)-spare"
                    while !Task.isCancelled {
                        for (old, new) in [(folder, spare), (link, folder), (folder, link), (spare, folder)] {
                            #expect(rename(old, new) == 0)
                        }
                        await Task.yield()
                    }
                }
                var seen = 0
                for _ in 0..<4_000 {
                    do {
                        let bytes = try SmallFile.bytes(of: path, limit: 100, within: [directory.file("allowed")])
                        #expect(bytes == Array("inside".utf8))
                        seen += 1
                    } catch is SmallFileError {
                        continue
                    }
                }
                group.cancelAll()
                try await group.waitForAll()
                #expect(seen > 0)
            }
        }
    }
}
