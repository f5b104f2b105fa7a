import ProviderCore
import SecretMemory
import Testing

@Suite("The length of an error")
struct BoundedErrorTests {
    private static let units = ["x", "é", "\u{202e}", "\n", "a\u{301}"]

    private static func megabyte(_ unit: String) -> String {
        String(repeating: unit, count: (1 << 20) / unit.utf8.count)
    }

    @Test("the text of an error is bounded for any message, hint and context", arguments: ErrorCode.allCases)
    func single(code: ErrorCode) {
        for unit in Self.units {
            let text = Self.megabyte(unit)
            var error = ProviderError(
                code, text, hint: text, context: (0..<100).map { ("\($0)\(text)", text) })
            error = error.prefixed(text).adding([("another", text)])
            error.message = text + text
            error.specificHint = text
            error.context = error.context + [(text, text)]
            #expect(error.message.utf8.count <= 8 << 10)
            #expect(error.hint.utf8.count <= 1 << 10)
            #expect(error.context.allSatisfy { $0.name.utf8.count <= 64 && $0.value.utf8.count <= 384 })
            #expect(error.description.utf8.count <= ProviderError.maximumBytes)
            #expect(error.description.contains("[\(code.rawValue)]"))
        }
    }

    @Test("the text of an error is bounded for any number of listed errors", arguments: [2, 150, 20_000])
    func several(count: Int) throws {
        for text in ["a", Self.megabyte("x")] {
            let error = try #require(
                ProviderError.combining(
                    (0..<count).map { ProviderError(.objectInvalid, "\($0)\(text)", context: [("vault", text)]) }))
            let changed = error.prefixed("p: ").adding([("tenant", text)])
            #expect(changed.description.utf8.count <= ProviderError.maximumBytes)
            let head = changed.headText
            #expect(changed.description.hasPrefix(head))
            #expect(head.utf8.count <= ProviderError.maximumBytes / 2)
            let listed = head.split(separator: "\n").count { $0.hasPrefix("(") }
            #expect(listed >= 1 && listed <= 100)
            #expect(head.contains("\nand \(count - listed) more") == (listed < count))
            #expect(error.parts.count <= 1000)
            #expect(error.parts.count + error.omittedParts == count)
        }
    }

    @Test("omitted errors are counted, also when lists are combined")
    func nested() throws {
        let list = try #require(
            ProviderError.combining((0..<1500).map { ProviderError(.objectInvalid, "a\($0)") }))
        let both = try #require(ProviderError.combining([list, list]))
        #expect(both.description.hasPrefix("3000 errors:"))
        let listed = both.headText.split(separator: "\n").count { $0.hasPrefix("(") }
        #expect(both.headText.hasSuffix("\nand \(3000 - listed) more"))
    }

    @Test("invisible characters are shown as codes")
    func invisible() {
        let error = ProviderError(
            .objectInvalid, "a\u{202e}b\nc\u{9b}", hint: "d\u{200d}", context: [("e", "f\u{2066}")])
        #expect(
            error.description
                == #"[object-invalid] a\u{202e}b\nc\u{9b}. Fix: d\u{200d} — see akv-csi explain object-invalid: (e: f\u{2066})"#
        )
    }

    @Test("A text that is cut off keeps whole characters and says that it was cut off")
    func bounded() {
        #expect("abcdef".bounded(toBytes: 6) == "abcdef")
        #expect("abcdefg".bounded(toBytes: 6) == "abc…")
        #expect("ééééé".bounded(toBytes: 6) == "é…")
        #expect("\u{1}\u{1}\u{1}".visible(maximumBytes: 9) == #"\u{1}\…"#)
    }

    @Test("Exactly the control, format and separator characters count as invisible")
    func visibleRanges() {
        for value in 0..<0x11_0000 as Range<UInt32> {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let kinds: [Unicode.GeneralCategory] = [.control, .format, .lineSeparator, .paragraphSeparator]
            guard scalar.isInvisible != kinds.contains(scalar.properties.generalCategory) else { continue }
            Issue.record("U+\(String(value, radix: 16)) is taken for the wrong kind")
        }
    }
}
