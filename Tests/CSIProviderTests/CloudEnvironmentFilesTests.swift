import CSIProvider
import Foundation
import TestSupport
import Testing

@Suite("The files of private clouds")
struct CloudFilesTests {
    @Test("are the operator's own unless a class names another")
    func standard() async throws {
        try await TemporaryDirectory.with { directory in
            let own = try directory.write(Array("own".utf8), to: "own.json")
            let other = try directory.write(Array("other".utf8), to: "other.json")
            let files = CloudEnvironmentFiles(defaultPath: own)
            #expect(try files.read(nil)?.contents.get() == Array("own".utf8))
            #expect(try files.read(other)?.contents.get() == Array("other".utf8))
            #expect(CloudEnvironmentFiles(defaultPath: "").read(nil) == nil)
            #expect(throws: (any Error).self) { try files.read(directory.file("absent"))?.contents.get() }
        }
    }

    @Test("may be named only inside the directories that the operator allows, links and dots included")
    func allowed() async throws {
        try await TemporaryDirectory.with { directory in
            for name in ["clouds", "clouds-secret"] {
                try FileManager.default.createDirectory(atPath: directory.file(name), withIntermediateDirectories: true)
            }
            let inside = try directory.write(Array("inside".utf8), to: "clouds/a.json")
            let outside = try directory.write(Array("outside".utf8), to: "clouds-secret/b.json")
            try FileManager.default.createSymbolicLink(
                atPath: directory.file("clouds/link.json"), withDestinationPath: outside)
            let files = CloudEnvironmentFiles(defaultPath: outside, allowedDirectories: [directory.file("clouds")])
            #expect(try files.read(inside)?.contents.get() == Array("inside".utf8))
            for path in [outside, directory.file("clouds/link.json"), directory.file("clouds/../clouds-secret/b.json")]
            {
                #expect(throws: (any Error).self) { try files.read(path)?.contents.get() }
            }
            #expect(try files.read(nil)?.contents.get() == Array("outside".utf8))
        }
    }
}
