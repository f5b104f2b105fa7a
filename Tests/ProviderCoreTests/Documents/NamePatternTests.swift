import Documents
import TestSupport
import Testing

@Suite("NamePattern")
struct NamePatternTests {
    static let cases: [(pattern: String, matching: [String], others: [String])] = [
        ("app", ["app", "APP"], ["ap", "apps", "my-app", ""]),
        ("APP-[A-C]+", ["app-a", "App-ABC"], ["app-", "app-d"]),
        ("^app-.*$", ["app-", "app-x-1"], ["xapp-", "app"]),
        ("(db|cache)-(user|password)", ["db-user", "cache-password"], ["db-", "db-users"]),
        ("(?:a|b)*c", ["c", "ababc"], ["abd"]),
        ("x{2,3}", ["xx", "xxx"], ["x", "xxxx"]),
        ("x{2}", ["xx"], ["x", "xxx"]),
        ("x{2,}", ["xx", "xxxxxx"], ["x"]),
        ("a?b", ["b", "ab"], ["aab"]),
        (#"v\d+\.\w"#, ["v12.x"], ["v.x", "v1xx"]),
        ("[^0-9]+", ["abc", "-"], ["a1"]),
        ("[a-]+", ["a-a"], ["b"]),
        ("[]x]", ["]", "x"], ["a"]),
        ("", [""], ["a"]),
        ("a|", ["a", ""], ["b"]),
        ("k", ["K"], ["\u{212A}"]), ("k...", ["k\u{7F}\u{7F}\u{7F}"], ["\u{212A}"]),
    ]

    @Test("The whole name must match, in any letter case", arguments: cases.indices)
    func matches(index: Int) throws {
        let (text, matching, others) = Self.cases[index]
        let pattern = try NamePattern(text)
        for name in matching { #expect(pattern.matches(name), "\(text) \(name)") }
        for name in others { #expect(!pattern.matches(name), "\(text) \(name)") }
    }

    @Test(
        "A text that is not a valid pattern is refused",
        arguments: [
            "(", ")", "a)", "[a", "*a", "a{", "a{2", "a{3,2}", "a{200}", "a\\", "\\z", "(?=a)", "a^b", "ä", "a b",
            "((((a{50}){50}){50}){50})", String(repeating: "(", count: 60),
            // An empty or short part, repeated so often that the expanded pattern would be too long.
            String(repeating: "(", count: 9) + String(repeating: "){127}", count: 9),
            String(repeating: "(", count: 9) + "a?" + String(repeating: "){0,127}", count: 9),
            String(repeating: "(", count: 12) + "|" + String(repeating: ")+", count: 12),
            String(repeating: "a", count: 501),
        ])
    func refusals(text: String) {
        #expect(throws: NamePatternError.self) { try NamePattern(text) }
    }

    @Test("No mutation of an expression traps")
    func mutations() {
        var random = SeededRandom(seed: 11)
        let alphabet = Array("ab01-()[]{}|*+?.,^$\\\\dw:")
        for _ in 0..<3000 {
            let text = String(
                (0..<Int.random(in: 0...12, using: &random)).map { _ in
                    alphabet.randomElement(using: &random) ?? "a"
                })
            do throws(NamePatternError) {
                let pattern = try NamePattern(text)
                _ = pattern.matches("a0-b") || pattern.matches("")
            } catch {
                #expect(!error.reason.isEmpty)
            }
        }
    }

    @Test("The matching time is bounded where backtracking would not be")
    func bounded() throws {
        let pattern = try NamePattern("((a*)*)*b")
        #expect(!pattern.matches(String(repeating: "a", count: 127)))
    }
}
