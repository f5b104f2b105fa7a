import SecretMemory
import Testing

@Suite struct TextSearchTests {
    @Test(
        "a text is found byte by byte, whatever follows it",
        arguments: [
            ("a://b", "://", true), ("", "a", false), ("a", "", true), ("aab", "ab", true), ("aa", "aaa", false),
            // Each is one character to Swift: a letter with an accent on it, and a line break of two bytes.
            ("'\u{301}", "'", true), ("a\r\nb", "\n", true), ("\u{E9}", "e\u{301}", false),
        ] as [(String, String, Bool)])
    func contains(text: String, wanted: String, isFound: Bool) {
        #expect(text.contains(wanted) == isFound)
        #expect((text.firstRange(of: wanted) == nil) == !isFound)
        if let range = text.firstRange(of: wanted) { #expect(text[range] == wanted[...]) }
    }

    @Test(
        "each occurrence is replaced once",
        arguments: [
            ("a.b.c", ".", "..", "a..b..c"), ("aaa", "aa", "b", "ba"), ("abc", "", "x", "abc"), ("", "a", "b", ""),
            ("'\u{301}", "'", "-", "-\u{301}"), ("a\r\nb", "\n", " ", "a\r b"),
        ] as [(String, String, String, String)])
    func replacing(text: String, old: String, new: String, expected: String) {
        #expect(Array(text.replacing(old, with: new).utf8) == Array(expected.utf8))
    }

    @Test("a quote is escaped whatever character is on it") func shellQuoting() {
        #expect("a'\u{301}; reboot".shellQuoted == "'a'\\''\u{301}; reboot'")
    }
}
