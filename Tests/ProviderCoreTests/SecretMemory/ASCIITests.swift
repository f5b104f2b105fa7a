import SecretMemory
import Testing

@Suite("ASCII")
struct ASCIITests {
    @Test("bytes have the category that Unicode gives their characters", arguments: UInt8.min...UInt8.max)
    func kinds(byte: UInt8) {
        let scalar = Unicode.Scalar(byte)
        let character = Character(scalar)
        let isASCII = byte < 0x80
        #expect(ASCII.isLetter(byte) == (isASCII && character.isLetter))
        #expect(ASCII.digits.contains(byte) == (isASCII && character.isNumber))
        #expect(ASCII.isLetterOrDigit(byte) == (isASCII && (character.isLetter || character.isNumber)))
        #expect(ASCII.isControl(byte) == (isASCII && scalar.properties.generalCategory == .control))
        #expect(ASCII.isSpace(byte) == (isASCII && character.isWhitespace))
        #expect(ASCII.visible.contains(byte) == (isASCII && !ASCII.isControl(byte) && byte != UInt8(ascii: " ")))
        #expect(ASCII.printable.contains(byte) == (isASCII && !ASCII.isControl(byte)))
        guard isASCII else { return }
        #expect(String(Unicode.Scalar(ASCII.lowercased(byte))) == character.lowercased())
        #expect(String(Unicode.Scalar(ASCII.uppercased(byte))) == character.uppercased())
    }

    @Test(
        "a text has only letters, digits and the other allowed characters",
        arguments: [
            ("kv-1.A", true), ("", true), ("a_b", false), ("a b", false), ("é", false), ("１", false),
            ("a\u{301}", false),
        ])
    func texts(text: String, expected: Bool) {
        #expect(text.hasOnlyASCIILettersAndDigits(or: "-.") == expected)
    }
}

@Suite("Words for a shell")
struct ShellQuotingTests {
    @Test(
        "any text is quoted for a shell, and control characters are replaced",
        arguments: [
            ("a", "'a'"), ("", "''"), ("it's", #"'it'\''s'"#), ("$(x) `y`", "'$(x) `y`'"), ("a\u{1B}b", "'a\u{FFFD}b'"),
        ])
    func quoted(text: String, expected: String) {
        #expect(text.shellQuoted == expected)
    }

    @Test(
        "words are quoted only if necessary",
        arguments: [("kv-1.a_B", "kv-1.a_B"), ("", "''"), ("a b", "'a b'"), ("é", "'é'")])
    func words(text: String, expected: String) {
        #expect(text.shellWord == expected)
    }
}
