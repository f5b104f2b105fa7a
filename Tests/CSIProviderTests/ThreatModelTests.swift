import Foundation
import TestSupport
import Testing

@Suite("The threat model")
struct ThreatModelTests {
    @Test("each claim names an existing test")
    func tests() throws {
        let page = Fixtures.root.appendingPathComponent("docs/understand/threat-model.md")
        let rows = try String(contentsOf: page, encoding: .utf8).split(separator: "\n").drop {
            !$0.hasPrefix("| claim")
        }
        .dropFirst(2).prefix { $0.hasPrefix("|") }
        #expect(rows.count > 20)
        for row in rows {
            let tests = row.matches(of: /\]\(\.\.\/\.\.\/(Tests\/[^)]+)\) "([^"]+)"/)
            #expect(!tests.isEmpty, "\(row)")
            for test in tests {
                let file = try String(
                    contentsOf: Fixtures.root.appendingPathComponent(String(test.1)), encoding: .utf8)
                #expect(file.contains(test.2), "\(test.1) has no test \(test.2)")
            }
        }
    }
}
