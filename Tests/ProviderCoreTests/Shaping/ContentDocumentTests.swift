import TestSupport
import Testing

@testable import Documents
@testable import SecretMemory
@testable import Shaping

@Suite("ContentDocument")
struct ContentDocumentTests {
    @Test(
        "JSON keeps the order and the numbers, and the last value of a duplicate key",
        arguments: [
            (#"{"b":1.50,"a":[true,null,-0,1E+2,12345678901234567890]}"#, nil),
            (#"{ "a" : "x" , "b" : 1 , "a" : { "c" : 1, "c" : 2 } }"#, #"{"a":{"c":2},"b":1}"#),
            (#""\u00e9\/\ud83d\ude00\n\u0001\"\\""#, #""é/😀\n\u0001\"\\""#),
            (
                "\"\u{7f}\u{85}\u{a0}\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}\u{20ac}\"",
                #""\u007F\u0085\#u{a0}\u2028\u2029\uFEFF\uFFFE\uFFFF\#u{20ac}""#
            ),
            ("[]", nil), ("{}", nil), (#"{"":""}"#, nil),
        ] as [(String, String?)])
    func roundTrip(text: String, expected: String?) throws {
        #expect(try compact(try json(text)) == expected ?? text)
    }

    @Test("JSON can be indented")
    func indented() throws {
        var budget = ShapingBudget.forTests
        let value = try json(#"{"a":[1,{}],"b":{"c":[]}}"#)
        let text = try JSONRenderer.render(value, indent: 2, &budget).exposedText
        #expect(text == "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": []\n  }\n}")
    }

    @Test(
        "A file contains the text of a string, and any other value as JSON",
        arguments: [
            (#""a\nb""#, "a\nb"), (#""""#, ""), ("1.50", "1.50"), ("true", "true"), ("null", "null"),
            (#"["a"]"#, #"["a"]"#), (#"{"a":1}"#, #"{"a":1}"#),
        ])
    func files(text: String, expected: String) throws {
        var budget = ShapingBudget.forTests
        #expect(try ContentDocument.file(of: try json(text), &budget).exposedText == expected)
    }

    @Test(
        "An invalid document is refused without showing any of its bytes",
        arguments: [
            ("s3cret", .json, "the content is not a JSON document"),
            (#"{"a":"s3cret"#, .json, "the content is not a JSON document: it ends too early or is empty"),
            ("", .json, "the content is not a JSON document: it ends too early or is empty"),
            ("a: [s3cret", .yaml, "the content is not a YAML document: did not find expected ',' or ']' (line 2)"),
            ("*s3cret", .yaml, "the content is not a YAML document: an alias does not fit its anchor"),
            ("&s3cret [*s3cret]", .yaml, "the content is not a YAML document: an alias does not fit its anchor"),
            ("a: 1\n---\nb: 2", .yaml, "the content has 2 YAML documents, one is expected"),
            ("s3cret: 1\ns3cret: 2", .yaml, "the mapping in line 1 has a key twice"),
            ("[s3cret]: 1", .yaml, "a key in line 1 is not a scalar"),
            ("a: !s3cret 1", .yaml, "the scalar in line 1 has a tag that is not supported"),
            ("a: !!binary czNjcmV0", .yaml, "the scalar in line 1 has a tag that is not supported"),
            ("a: !!int s3cret", .yaml, "the scalar in line 1 is not what its tag !!int or !!float says"),
            ("<<: s3cret", .yaml, "the mapping in line 1: map merge requires map or sequence of maps as the value"),
        ] as [(String, ContentDocument.Format, String)])
    func malformed(text: String, format: ContentDocument.Format, reason: String) {
        let error = refusal { () throws(ShapingError) in try ContentDocument.parse(SecretBytes(text), as: format) }
        #expect(error == ShapingError(.malformed, reason))
    }

    @Test("Bytes that are not text are refused", arguments: ContentDocument.Format.allCases)
    func bytes(format: ContentDocument.Format) {
        let content = SecretBytes([UInt8(ascii: "\""), 0xFF, UInt8(ascii: "\"")])
        let error = refusal { () throws(ShapingError) in try ContentDocument.parse(content, as: format) }
        #expect(error?.reason == "the content is not UTF-8 text, so it is not a \(format.name) document")
    }

    @Test(
        "A YAML scalar is a number only if JSON would write it in the same way",
        arguments: [
            ("1", "1"), ("-1.50", "-1.50"), ("1e3", "1e3"), ("0", "0"), ("0755", #""0755""#), ("0x1F", #""0x1F""#),
            ("0o17", #""0o17""#), ("1_000", #""1_000""#), ("+1", #""+1""#), (".5", #"".5""#), ("1.", #""1.""#),
            (".inf", #"".inf""#), (".nan", #"".nan""#), ("1:30", #""1:30""#), ("2026-01-01", #""2026-01-01""#),
            ("true", "true"), ("True", "true"), ("FALSE", "false"), ("yes", #""yes""#), ("on", #""on""#),
            ("null", "null"), ("~", "null"), ("", "null"), ("'1'", #""1""#), (#""true""#, #""true""#),
            ("!!str 1", #""1""#), ("!!null x", "null"), ("!!bool 'true'", "true"), ("!!float '1.5'", "1.5"),
            ("|\n  1\n", #""1\n""#), (">\n  a\n  b", #""a b""#), ("plain text", #""plain text""#),
        ])
    func yamlScalars(text: String, expected: String) throws {
        let value = try ContentDocument.parse(SecretBytes(text), as: .yaml)
        #expect(try compact(value) == expected)
    }

    @Test("YAML collections become JSON, with aliases and merge keys resolved")
    func yamlCollections() throws {
        let text = """
            base: &base {host: db, port: 5432}
            list: [*base, x]
            1: one
            null: nothing
            copy:
              <<: *base
              port: 1
            """
        let value = try ContentDocument.parse(SecretBytes(text), as: .yaml)
        #expect(
            try compact(value)
                == #"{"base":{"host":"db","port":5432},"list":[{"host":"db","port":5432},"x"],"1":"one","#
                + #""null":"nothing","copy":{"port":1,"host":"db"}}"#)
    }

    @Test("JSON is accepted as YAML")
    func jsonAsYAML() throws {
        let text = #"{"a":[1,-2.5e3,true,null,"x\u00e9"],"b":{"c":""}}"#
        #expect(
            try compact(try ContentDocument.parse(SecretBytes(text), as: .yaml))
                == #"{"a":[1,-2.5e3,true,null,"xé"],"b":{"c":""}}"#)
    }

    @Test("The depth is limited")
    func depth() throws {
        var value = JSONValue.null
        for _ in 0..<500 { value = .array([value]) }
        let error = refusal { () throws(ShapingError) in
            var budget = ShapingBudget.forTests
            return try JSONRenderer.render(value, &budget)
        }
        #expect(error?.kind == .tooLarge)
    }
}
