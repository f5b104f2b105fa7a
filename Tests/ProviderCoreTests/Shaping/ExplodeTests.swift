import ProviderCore
import Testing

@testable import Shaping

@Suite("Explode")
struct ExplodeTests {
    private func files(_ text: String, _ change: (inout Explode) -> Void = { _ in }) throws -> [String] {
        var explode = Explode()
        change(&explode)
        var budget = ShapingBudget.forTests
        return try explode.files(
            of: try json(text), path: "db", pathProblem: MountPath.problem, &budget
        ).map {
            "\($0.path)=\($0.contents.exposedText)"
        }
    }

    private static let object = #"{"user":"root","port":5432,"tls":{"ca":"x"},"on":true,"none":null}"#

    @Test("Each member becomes a file in a directory with the object's path")
    func members() throws {
        #expect(
            try files(Self.object) == [
                "db/user=root", "db/port=5432", #"db/tls={"ca":"x"}"#, "db/on=true", "db/none=null",
            ])
    }

    @Test("Files can have other names, and can be indented")
    func names() throws {
        #expect(
            try files(Self.object) {
                $0.fileName = "{{key}}"; $0.keys = ["user"]
            } == ["user=root"])
        #expect(
            try files(Self.object) {
                $0.fileName = "conf/{{ path }}-{{key}}.txt"; $0.keys = ["user"]
            } == ["conf/db-user.txt=root"])
        #expect(
            try files(Self.object) {
                $0.indent = 1; $0.keys = ["tls"]
            } == ["db/tls={\n \"ca\": \"x\"\n}"])
        #expect(try files(#"{"{{path}}":1}"#) == ["db/{{path}}=1"])
    }

    @Test("Keys are chosen by name and wild card, in the document's order")
    func keys() throws {
        #expect(
            try files(Self.object) { $0.keys = ["t*", "o?", "user"] }.map { $0.prefix(5) } == [
                "db/us", "db/tl", "db/on",
            ])
    }

    @Test(
        "A key that cannot become a file is refused with its name",
        arguments: [
            ("[1]", "only an object can be taken apart, and here is an array"),
            ("{}", "the object has no members"),
            (#"{"a/b":1}"#, #"the key "a/b" has a '/', so it is not a file name"#),
            (#"{"":1}"#, #"the key "" is empty, so it is not a file name"#),
            (#"{"..":1}"#, #"the key ".." is not a file name"#),
            (#"{"..data":1}"#, #"the key "..data" makes no file: file name must not contain '..'"#),
            (#"{"a\u0000":1}"#, "the key \"a\0\" has control characters, so it is not a file name"),
        ])
    func refused(text: String, reason: String) throws {
        let document = try json(text)
        var budget = ShapingBudget.forTests
        let error = refusal { () throws(ShapingError) in
            try Explode().files(
                of: document, path: "db", pathProblem: MountPath.problem, &budget)
        }
        #expect(error?.reason == reason)
    }

    @Test("A key that is named must exist, and a wildcard may match nothing")
    func missingKeys() throws {
        #expect(throws: ShapingError(.missing, #"the object has no key "none""#)) {
            try files(#"{"a":1}"#) { $0.keys = ["a", "none"] }
        }
        #expect(throws: ShapingError(.missing, "no key of the object fits the keys asked for")) {
            try files(#"{"a":1}"#) { $0.keys = ["b*"] }
        }
        #expect(try files(#"{"a":1}"#) { $0.keys = ["a", "b*"] } == ["db/a=1"])
    }

    @Test("The number of files is limited")
    func maximum() throws {
        let text = "{" + (0..<101).map { "\"k\($0)\":1" }.joined(separator: ",") + "}"
        #expect(throws: ShapingError(.tooLarge, "the object has 101 members; the limit is 100")) { try files(text) }
        #expect(try files(text) { $0.maximum = 101 }.count == 101)
    }

    @Test("Invalid settings are found without a document")
    func settings() {
        func problem(_ change: (inout Explode) -> Void) -> String? {
            var explode = Explode()
            change(&explode)
            return explode.problem(path: "db", pathProblem: MountPath.problem)
        }
        #expect(problem { _ in } == nil)
        for name in ["a", "{{path}}", "{{key}}.{{name}}", "{key}", "{{key", "{{key}}}", "}}{{key}}"] {
            #expect(problem { $0.fileName = name }?.hasPrefix("must contain {{key}}") == true)
        }
        #expect(problem { $0.fileName = "/{{key}}" } == "makes no path: file name must be a relative path")
        #expect(problem { $0.fileName = "../{{key}}" } == "makes no path: file name must not contain '..'")
    }
}
