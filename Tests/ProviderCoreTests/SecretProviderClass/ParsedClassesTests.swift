import Testing

@testable import Documents
@testable import ProviderCore
@testable import SecretMemory

@Suite("Parsed classes in the cache")
struct ParsedClassesTests {
    private let classes = ParsedClasses()

    private func text(_ name: String) -> String {
        "array:\n  - |\n    objectName: \(name)\n    objectType: secret\n"
    }

    private func parse(_ objects: String, _ more: [String: String] = [:]) throws -> ParsedClass {
        let members = more.merging(["objects": objects]) { $1 }
            .map { "\(JSONWriter.quoted($0)):\(JSONWriter.quoted($1))" }
        let json = SecretBytes("{\(members.joined(separator: ","))}")
        return classes.parse(try #require(try StringMap.decode(json, failure: "")))
    }

    private func names(_ text: String) throws -> [String] {
        try parse(text).document.get().objects.map(\.name)
    }

    @Test("a cached class has the same result")
    func again() throws {
        for _ in 0..<3 { #expect(try names(text("one")) == ["one"]) }
        #expect(try names(text("two")) == ["two"])
        #expect(classes.count == 2)
    }

    @Test("classes with other settings are different")
    func settings() throws {
        for name in ["a.json", "b.json", "a.json"] {
            #expect(try parse(text("one"), ["metadataFile": name]).settings.metadataFile == name)
        }
        #expect(try parse(text("one")).settings.metadataFile == nil)
        #expect(try parse(text("one"), ["metadataFile": "../x"]).errors.count == 1)
        #expect(try parse(text("one"), ["metadataFile": "../x"]).errors.count == 1)
    }

    @Test("a cached failure is the same failure")
    func failures() {
        for _ in 0..<2 {
            #expect(throws: ProviderError.self) { try parse("array: [").document.get() }
        }
        #expect(classes.count == 1)
    }

    @Test("classes that only look alike are different")
    func lookAlikes() throws {
        let composed = "\u{E9}"
        let decomposed = "e\u{301}"
        #expect(composed == decomposed)
        for name in [composed, decomposed, composed] {
            #expect(Array(try names(text(name)).joined().utf8) == Array(name.utf8))
        }
    }

    @Test("the number of cached classes is limited")
    func bounded() throws {
        let padding = String(repeating: "#", count: 1000) + "\n"
        for number in 0..<2000 { #expect(try names(padding + text("o\(number)")) == ["o\(number)"]) }
        #expect(classes.count < 600)
        let huge = String(repeating: "#", count: 300_000) + "\n" + text("huge")
        let count = classes.count
        #expect(try names(huge) == ["huge"])
        #expect(classes.count == count)
    }
}
