import Testing

@testable import ProviderCore

@Suite("Documents that were read before")
struct ParsedDocumentsTests {
    private let documents = ParsedDocuments()

    private func text(_ name: String) -> String {
        "array:\n  - |\n    objectName: \(name)\n    objectType: secret\n"
    }

    private func names(_ text: String) throws -> [String] {
        try documents.parse(text).get().objects.map(\.name)
    }

    @Test("say again what they said")
    func again() throws {
        for _ in 0..<3 { #expect(try names(text("one")) == ["one"]) }
        #expect(try names(text("two")) == ["two"])
        #expect(documents.count == 2)
    }

    @Test("fail again as they failed")
    func failures() {
        for _ in 0..<2 {
            #expect(throws: ProviderError.self) { try documents.parse("array: [").get() }
        }
        #expect(documents.count == 1)
    }

    @Test("are not taken for others that only look alike")
    func lookAlikes() throws {
        let composed = "\u{E9}"
        let decomposed = "e\u{301}"
        #expect(composed == decomposed)
        for name in [composed, decomposed, composed] {
            #expect(Array(try names(text(name)).joined().utf8) == Array(name.utf8))
        }
    }

    @Test("are forgotten when there are many")
    func bounded() throws {
        let padding = String(repeating: "#", count: 1000) + "\n"
        for number in 0..<2000 { #expect(try names(padding + text("o\(number)")) == ["o\(number)"]) }
        #expect(documents.count < 600)
        let huge = String(repeating: "#", count: 100_000) + "\n" + text("huge")
        let count = documents.count
        #expect(try names(huge) == ["huge"])
        #expect(documents.count == count)
    }
}
