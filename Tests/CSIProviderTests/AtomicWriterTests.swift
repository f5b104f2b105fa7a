import Documents
import DriverSimulator
import Foundation
import SecretMemory
import TestSupport
import Testing

@Suite("The atomic writer")
struct AtomicWriterTests {
    private func file(_ path: String, _ text: String, mode: UInt32 = 0o644) -> AtomicWriter.File {
        AtomicWriter.File(path: path, mode: mode, contents: SecretBytes(text))
    }

    private func read(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test("files are written with their modes behind the ..data link")
    func first() async throws {
        try await TemporaryDirectory.with { directory in
            let target = directory.file("volume")
            #expect(try AtomicWriter(target: target).write([file("a", "1", mode: 0o400), file("d/e/f", "2")]))
            #expect(try read("\(target)/a") == "1")
            #expect(try read("\(target)/d/e/f") == "2")
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(target)/..data/a")
            #expect(attributes[.posixPermissions] as? Int == 0o400)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(target)/a") == "..data/a")
        }
    }

    @Test("paths are bytes: a combining mark may follow a slash, and names that only look alike are different")
    func combiningMarks() async throws {
        try await TemporaryDirectory.with { directory in
            let target = directory.file("volume")
            let writer = AtomicWriter(target: target)
            let files = [file("a/\u{301}", "1"), file("\u{E9}", "2"), file("e\u{301}", "3")]
            #expect(try writer.write(files))
            for (path, text) in [("a/\u{301}", "1"), ("\u{E9}", "2"), ("e\u{301}", "3")] {
                #expect(try SmallFile.bytes(of: "\(target)/\(path)", limit: 10) == Array(text.utf8))
            }
            #expect(try !writer.write(files))
            try writer.write(Array(files.prefix(2)))
            #expect(throws: SmallFileError.self) { try SmallFile.bytes(of: "\(target)/e\u{301}", limit: 10) }
        }
    }

    @Test("the whole content is replaced, removed files disappear, and one data directory is left")
    func second() async throws {
        try await TemporaryDirectory.with { directory in
            let target = directory.file("volume")
            let writer = AtomicWriter(target: target)
            try writer.write([file("a", "1"), file("b", "1"), file("d/e", "1")])
            #expect(try writer.write([file("a", "2"), file("d/f", "2")]))
            #expect(try read("\(target)/a") == "2")
            let names = try FileManager.default.contentsOfDirectory(atPath: target)
            #expect(names.filter { !$0.hasPrefix("..") }.sorted() == ["a", "d"])
            #expect(names.filter { $0.hasPrefix("..") }.count == 2)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(target)/d") == ["f"])
        }
    }

    @Test("nothing is written if the contents are the same, even with other modes, as in the driver")
    func same() async throws {
        try await TemporaryDirectory.with { directory in
            let writer = AtomicWriter(target: directory.file("volume"))
            #expect(try writer.write([file("a", "1")]))
            let isRewritten = try writer.write([file("a", "1", mode: 0o600)])
            #expect(!isRewritten)
            #expect(try writer.write([file("a", "12")]))
        }
    }

    @Test("nothing is written if one path is invalid", arguments: ["../a", "/a", "a/../b", "a//b", ""])
    func badPath(path: String) async throws {
        try await TemporaryDirectory.with { directory in
            let target = directory.file("volume")
            #expect(throws: AtomicWriterError.self) {
                try AtomicWriter(target: target).write([file("good", "1"), file(path, "2")])
            }
            #expect(!FileManager.default.fileExists(atPath: target))
        }
    }
}
