import Foundation
import TestSupport
import Testing

@Suite("The files of the mount table")
struct MountCaseTests {
    private static func names(_ files: [String: String]) async throws -> [String] {
        try await TemporaryDirectory.with { directory in
            for (name, text) in files { try directory.write(text.utf8, to: name) }
            return try MountCase.table(in: URL(fileURLWithPath: directory.path)).map(\.name)
        }
    }

    private static let valid = "{ describes: x, expect: { error: { code: Internal, id: internal } } }"

    @Test("cases are found by name in any number of files")
    func names() async throws {
        let files = ["b.yaml": "c: \(Self.valid)\na: \(Self.valid)\n", "a.yaml": "# x\n\nb: \(Self.valid)\n"]
        #expect(try await Self.names(files) == ["a", "b", "c"])
    }

    @Test(
        "a duplicate name or an unknown key is refused",
        arguments: [
            (
                ["a.yaml": "one: \(valid)\n", "b.yaml": "one: \(valid)\n"],
                "b.yaml: a.yaml has a case called one already"
            ),
            (["a.yaml": "one: \(valid)\none: \(valid)\n"], "a.yaml: "),
            (["a.yaml": "one: { describes: x, expects: {} }\n"], "a.yaml: one: the key expects means nothing here"),
            (["a.yaml": "one: { describes: x }\n"], "a.yaml: one: "),
            (["a.yaml": "- one: \(valid)\n"], "a.yaml: there are no cases"),
            (["a.yaml": ""], "a.yaml: there are no cases"),
        ])
    func mistakes(files: [String: String], words: String) async {
        let error = await #expect(throws: MountCaseError.self) { try await Self.names(files) }
        #expect(error?.description.hasPrefix(words) == true, "\(String(describing: error))")
    }
}
