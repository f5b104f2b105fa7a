import Diagnostics
import Foundation
import ProviderCore
import TestSupport
import Testing

@Suite("The Debugging page in the program")
struct DebuggingPageTests {
    @Test("every error is explained with its fix", arguments: ErrorCode.allCases)
    func codes(code: ErrorCode) throws {
        let entry = try #require(DebuggingPage.entry(for: code.rawValue))
        #expect(entry.contains("\nFix: "))
        #expect(!entry.contains("\n#") && !entry.hasPrefix("#"))
    }

    @Test("the page in the program is the page of the documentation")
    func page() throws {
        let text = try String(
            contentsOf: Fixtures.root.appendingPathComponent("docs/use/debugging.md"), encoding: .utf8)
        for code in DebuggingPage.codes {
            #expect(text.contains("### `\(code)`\n\n\(try #require(DebuggingPage.entry(for: code)))\n"))
        }
        #expect(DebuggingPage.entry(for: "nothing") == nil)
    }
}
