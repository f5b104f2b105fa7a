import TestSupport
import Testing

@testable import Documents
@testable import SecretMemory

@Suite("JSONParser")
struct JSONParserTests {
    /// A value in a notation that shows its kind.
    private static func rendered(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .number(let source): "#\(source)"
        case .string(let text): "'\(text.string)'"
        case .array(let elements): "[" + elements.map(rendered).joined(separator: " ") + "]"
        case .object(let object):
            "{" + object.members.map { "\($0.key):\(rendered($0.value))" }.joined(separator: " ") + "}"
        }
    }

    @Test(
        "The parser reads what Go's decoder reads",
        arguments: [
            ("null", "null"), ("true", "true"), ("false", "false"), (" \t\r\n1\n", "#1"),
            ("0", "#0"), ("-0", "#-0"), ("-0.5e+10", "#-0.5e+10"), ("1E5", "#1E5"), ("0e-1", "#0e-1"),
            ("12345678901234567890", "#12345678901234567890"),
            (#""""#, "''"), (#""a""#, "'a'"), ("{}", "{}"), ("[ ]", "[]"), ("{ }", "{}"),
            (#"{"a" : [1 , {"b":null}] , "" : "x"}"#, "{a:[#1 {b:null}] :'x'}"),
            (#"{"a":1,"a":2}"#, "{a:#1 a:#2}"),
            ("\"\u{7F}\u{80}\u{2028}\"", "'\u{7F}\u{80}\u{2028}'"),
        ])
    func accepts(text: String, expected: String) throws {
        #expect(Self.rendered(try JSONParser.parse(SecretBytes(text))) == expected)
    }

    @Test(
        "A document that ends too early is refused in Go's words",
        arguments: [
            "", "  \n", "{", #"{"a""#, #"{"a":"#, #"{"a":1"#, "[1", "[1,", #""abc"#, #""abc\"#, #""\u12"#, "tru", "-",
            "1.", "1e", "1e+",
        ])
    func cutOff(text: String) {
        #expect(throws: JSONError(reason: "unexpected end of JSON input")) { try JSONParser.parse(SecretBytes(text)) }
    }

    @Test(
        "The parser refuses what Go's decoder refuses, in the same words",
        arguments: [
            ("x", "invalid character 'x' looking for beginning of value"),
            ("'a'", #"invalid character '\'' looking for beginning of value"#),
            ("+1", "invalid character '+' looking for beginning of value"),
            (".5", "invalid character '.' looking for beginning of value"),
            ("NaN", "invalid character 'N' looking for beginning of value"),
            ("\\", #"invalid character '\\' looking for beginning of value"#),
            ("\u{FEFF}1", "invalid character 'ï' looking for beginning of value"),
            ("\u{7F}", #"invalid character '\x7f' looking for beginning of value"#),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("[,1]", "invalid character ',' looking for beginning of value"),
            ("[1 2]", "invalid character '2' after array element"),
            ("{a:1}", "invalid character 'a' looking for beginning of object key string"),
            (#"{"a":1,}"#, "invalid character '}' looking for beginning of object key string"),
            (#"{"a" 1}"#, "invalid character '1' after object key"),
            (#"{"a":1 "b":2}"#, #"invalid character '"' after object key:value pair"#),
            ("{} {}", "invalid character '{' after top-level value"),
            ("nullx", "invalid character 'x' after top-level value"),
            ("01", "invalid character '1' after top-level value"),
            ("-x", "invalid character 'x' in numeric literal"),
            ("1.x", "invalid character 'x' after decimal point in numeric literal"),
            ("1ex", "invalid character 'x' in exponent of numeric literal"),
            ("nul1", "invalid character '1' in literal null (expecting 'l')"),
            ("fAlse", "invalid character 'A' in literal false (expecting 'a')"),
            (#""\x""#, "invalid character 'x' in string escape code"),
            (#""\u00g0""#, #"invalid character 'g' in \u hexadecimal character escape"#),
            ("\"a\nb\"", #"invalid character '\n' in string literal"#),
            ("\"a\tb\"", #"invalid character '\t' in string literal"#),
            ("\"a\rb\"", #"invalid character '\r' in string literal"#),
            ("\"\u{0}\"", #"invalid character '\x00' in string literal"#),
            ("\"\u{1F}\"", #"invalid character '\x1f' in string literal"#),
        ])
    func refuses(text: String, reason: String) {
        #expect(throws: JSONError(reason: reason)) { try JSONParser.parse(SecretBytes(text)) }
    }

    @Test("A string ends at its quote, and no other byte ends it, wherever they are")
    func ends() throws {
        for length in 0..<40 {
            for place in 0...length {
                let (before, after) = (
                    String(repeating: "a", count: place), String(repeating: "b", count: length - place)
                )
                for plain in ["", "!", "#", "[", "]", "\u{7f}", "é", "\u{a2}", "\u{dc}", "😀"] {
                    let value = try JSONParser.parse(SecretBytes("[\"\(before)\(plain)\(after)\",1]")).array
                    #expect(value?.count == 2)
                    #expect(value?.first?.text == before + plain + after)
                }
                #expect(
                    try JSONParser.parse(SecretBytes("[\"\(before)\\\"\(after)\",1]")).array?.first?.text
                        == "\(before)\"\(after)")
                for control in ["\u{0}", "\n", "\u{1f}"] {
                    #expect(throws: JSONError.self) {
                        try JSONParser.parse(SecretBytes("[\"\(before)\(control)\(after)\",1]"))
                    }
                }
            }
        }
    }

    @Test(
        "Escapes are resolved as in Go",
        arguments: [
            (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
            (#"\u0041\u00e9\u20AC"#, "Aé€"),
            (#"\ud83d\ude00"#, "😀"),
            (#"\uD83D\uDE00!"#, "😀!"),
            // Half of a pair becomes the replacement character, and the following text is kept.
            (#"\ud83d"#, "\u{FFFD}"),
            (#"\ude00"#, "\u{FFFD}"),
            (#"\ud83dx"#, "\u{FFFD}x"),
            (#"\ud83d\n"#, "\u{FFFD}\n"),
            (#"\ud83d\u0041"#, "\u{FFFD}A"),
            (#"\ud83d\ud83d\ude00"#, "\u{FFFD}😀"),
            (#"\u0000"#, "\0"),
            (#"\uFFFF"#, "\u{FFFF}"),
            (#"plain é \u00e9"#, "plain é é"),
        ])
    func escapes(source: String, expected: String) throws {
        let value = try JSONParser.parse(SecretBytes("\"\(source)\""))
        #expect(value.text == expected)
        #expect(value.secret?.exposedText == expected)
    }

    @Test(
        "Bytes that are not UTF-8 become replacement characters",
        arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) throws {
        for tail in ["", #"\n"#] {
            let document = Array("\"a".utf8) + bytes + Array("\(tail)b\"".utf8)
            let value = try JSONParser.parse(SecretBytes(document))
            let text = try #require(value.text)
            #expect(text.hasPrefix("a\u{FFFD}"))
            #expect(text.hasSuffix("b"))
            #expect(value.secret?.exposedText == text)
        }
    }

    @Test("The last of duplicate members counts")
    func duplicates() throws {
        let object = try #require(try JSONParser.parse(SecretBytes(#"{"a":"1","b":"x","a":"2"}"#)).object)
        #expect(object["a"]?.text == "2")
        #expect(object["b"]?.text == "x")
        #expect(object["c"] == nil)
    }

    @Test("The depth is limited, far beyond any real document")
    func depth() throws {
        func nested(_ count: Int) -> SecretBytes {
            SecretBytes(String(repeating: "[", count: count) + String(repeating: "]", count: count))
        }
        _ = try JSONParser.parse(nested(200))
        #expect(throws: JSONError(reason: "exceeded max depth")) { try JSONParser.parse(nested(201)) }
        #expect(throws: JSONError(reason: "exceeded max depth")) {
            try JSONParser.parse(SecretBytes(String(repeating: #"{"a":"#, count: 100_000)))
        }
    }

    @Test(
        "Integers are read from numbers and from strings",
        arguments: [
            ("5", 5), ("-5", -5), ("5.0", 5), ("5e2", 500), (#""1767268800""#, 1_767_268_800), ("5.5", nil),
            ("1e400", nil), ("9223372036854775808", nil), (#""x""#, nil), ("null", nil), ("[5]", nil),
        ] as [(String, Int?)])
    func integers(text: String, expected: Int?) throws {
        #expect(try JSONParser.parse(SecretBytes(text)).integer == expected)
    }

    @Test("Each kind of value has the name that Go uses")
    func kinds() throws {
        let names = try ["null", "true", "1", #""""#, "[]", "{}"].map { text in
            try JSONParser.parse(SecretBytes(text)).kind
        }
        #expect(names == ["null", "bool", "number", "string", "array", "object"])
    }

    @Test("No mutation of a document traps")
    func mutations() {
        let valid = Array(
            #"{"a":"x\u00e9\ud83d\ude00","b":[1,-2.5e3,true,false,null,{"c":{}}],"d":"\"\\\/\b\f\n\r\t é"}"#.utf8)
        var random = SeededRandom(seed: 1)
        for _ in 0..<2000 {
            let document = SecretBytes(random.mutation(of: valid))
            do throws(JSONError) {
                // Decodes every string, which otherwise happens only when it is read.
                _ = Self.rendered(try JSONParser.parse(document))
            } catch {
                #expect(!error.reason.isEmpty)
            }
        }
    }
}
