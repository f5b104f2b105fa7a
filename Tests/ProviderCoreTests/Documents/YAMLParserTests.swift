import Documents
import TestSupport
import Testing

@Suite("YAMLParser")
struct YAMLParserTests {
    private static func rendered(_ node: YAMLNode) -> String {
        switch node {
        case .scalar(let scalar): scalar.isNull ? "null" : "'\(scalar.text)'"
        case .sequence(let elements, _): "[" + elements.map(rendered).joined(separator: " ") + "]"
        case .mapping(let members, _):
            "{" + members.map { "\(rendered($0.key)):\(rendered($0.value))" }.joined(separator: " ") + "}"
        }
    }

    @Test("Keys that only look alike are different, in mappings and in merges")
    func alike() throws {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        let root = try #require(
            try YAMLParser.parseFirst("\(composed): 1\n\(decomposed): 2\n<<: {\(composed): 3, x: 4}"))
        guard case .mapping(let members, _) = root else { return }
        #expect(YAMLNode.duplicateKey(in: members) == nil)
        #expect(root[composed]?.text == "1" && root[decomposed]?.text == "2")
        let other = try #require(try YAMLParser.parseFirst("\(composed): 1\n<<: {\(decomposed): 3}"))
        guard case .mapping(let inherited, _) = other else { return }
        #expect(try YAMLNode.merging(inherited).map(\.value.text) == ["1", "3"])
    }

    @Test(
        "Scalars are read as the text of their source",
        arguments: [
            ("0755", "'0755'"), ("1e3", "'1e3'"), ("true", "'true'"), ("5.0", "'5.0'"), ("0x1F", "'0x1F'"),
            ("2026-01-01", "'2026-01-01'"), ("'~'", "'~'"), (#""null""#, "'null'"), ("~", "null"), ("null", "null"),
            ("Null", "null"), ("NULL", "null"), ("nULL", "'nULL'"), ("''", "''"), (#""a\tb""#, "'a\tb'"),
            ("a: ", "{'a':null}"), ("!!str ~", "'~'"), ("!!null x", "null"), ("! 5", "'5'"),
            ("|\n  a\n  b\n", "'a\nb\n'"), (">-\n  a\n  b\n", "'a b'"), ("|-\n  null", "'null'"),
        ])
    func scalars(text: String, expected: String) throws {
        let node = try #require(try YAMLParser.parseFirst(text))
        #expect(Self.rendered(node) == expected)
    }

    @Test(
        "Collections are read in both notations",
        arguments: [
            ("- a\n- b", "['a' 'b']"), ("[a, b]", "['a' 'b']"), ("{a: 1, b: [2]}", "{'a':'1' 'b':['2']}"),
            ("a: 1\nb:\n- c: 2\n", "{'a':'1' 'b':[{'c':'2'}]}"), (#"{"a": "b"}"#, "{'a':'b'}"),
            ("a: &x {b: 1}\nc: *x", "{'a':{'b':'1'} 'c':{'b':'1'}}"),
            ("- &x 1\n- &x 2\n- *x", "['1' '2' '2']"),
        ])
    func collections(text: String, expected: String) throws {
        let node = try #require(try YAMLParser.parseFirst(text))
        #expect(Self.rendered(node) == expected)
    }

    @Test("Only the first document is read")
    func firstDocument() throws {
        #expect(Self.rendered(try #require(try YAMLParser.parseFirst("a: 1\n---\nb: 2"))) == "{'a':'1'}")
        #expect(Self.rendered(try #require(try YAMLParser.parseFirst("--- a\n...\n]broken"))) == "'a'")
        let all = try YAMLParser.parseAll("a: 1\n---\nb: 2\n--- c")
        #expect(all.map(Self.rendered) == ["{'a':'1'}", "{'b':'2'}", "'c'"])
    }

    @Test("A text without a document is read as nothing", arguments: ["", "  \n", "# only a comment\n"])
    func empty(text: String) throws {
        let node = try YAMLParser.parseFirst(text)
        #expect(node == nil)
    }

    @Test(
        "A malformed text is refused with the line",
        arguments: [
            ("a: [1", 1), ("a: 1\n\tb: 2", 2), ("a: 1\nb: c: d", 2), ("- a\nb", 2), ("a: 'x", 1), ("%", 1), ("*", 1),
        ])
    func malformed(text: String, line: Int) throws {
        let error = try #require(throws: YAMLError.self) { try YAMLParser.parseFirst(text) }
        #expect(error.description.hasPrefix("yaml: line "))
        #expect(error.line >= line)
    }

    @Test("An alias to nothing or to its own anchor is refused")
    func badAliases() {
        #expect(throws: YAMLError(reason: "unknown anchor 'x' referenced", line: 0)) {
            try YAMLParser.parseFirst("a: *x")
        }
        #expect(throws: YAMLError(reason: "anchor 'x' value contains itself", line: 0)) {
            try YAMLParser.parseFirst("&x [*x]")
        }
        #expect(throws: YAMLError(reason: "unknown anchor 'x' referenced", line: 0)) {
            try YAMLParser.parseAll("--- &x a\n--- *x")
        }
    }

    @Test("An alias bomb is refused immediately")
    func aliasBomb() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let alias = "*a\(level - 1)"
            text += "a\(level): &a\(level) [" + Array(repeating: alias, count: 9).joined(separator: ", ") + "]\n"
        }
        // The expansion would never end.
        #expect(throws: YAMLError.self) { try YAMLParser.parseFirst(text) }
    }

    @Test("The nesting depth is limited")
    func nesting() throws {
        _ = try YAMLParser.parseFirst(String(repeating: "[", count: 100) + String(repeating: "]", count: 100))
        #expect(throws: YAMLError.self) { try YAMLParser.parseFirst(String(repeating: "[", count: 20_000)) }
    }

    @Test(
        "Integers follow YAML's core schema and Go's prefixes",
        arguments: [
            ("5", 5), ("-5", -5), ("+5", 5), ("0", 0), ("-0", 0), ("010", 8), ("0o17", 15), ("0x1F", 31), ("0b101", 5),
            ("-0x10", -16), ("1_000", 1000), ("5.0", 5), ("5e1", 50), ("!!int '7'", 7),
            ("9223372036854775807", 9_223_372_036_854_775_807),
            ("5.5", nil), ("'5'", nil), (#""5""#, nil), ("x", nil), ("0x", nil), ("-", nil), ("--5", nil), ("~", nil),
            ("!!str 5", nil), ("99999999999999999999", nil), ("٣", nil), ("0x-5", nil), ("0-5", nil), ("0b+1", nil),
            ("-0x-8000000000000000", nil), ("-0-1000000000000000000000", nil),
        ] as [(String, Int?)])
    func integers(text: String, expected: Int?) throws {
        let node = try #require(try YAMLParser.parseFirst(text.hasPrefix("-") ? "[\(text)]" : text))
        let scalar = try #require(node.scalar ?? node.sequence?.first?.scalar)
        #expect(scalar.integer == expected)
    }

    @Test(
        "Each node has the tag that yaml.v3 would use",
        arguments: [
            ("{}", "!!map"), ("[]", "!!seq"), ("5", "!!int"), ("5.5", "!!float"), ("true", "!!bool"), ("~", "!!null"),
            ("x", "!!str"), ("'5'", "!!str"), ("!!binary x", "!!binary"), ("!own x", "!own"),
        ])
    func tags(text: String, expected: String) throws {
        let node = try YAMLParser.parseFirst(text)
        #expect(node?.tag == expected)
    }

    @Test("Lines are counted from one")
    func lines() throws {
        let node = try #require(try YAMLParser.parseFirst("a: 1\nb:\n  - x\n  - {c: d}\n"))
        #expect(node.line == 1)
        #expect(node["b"]?.line == 3)
        #expect(node["b"]?.sequence?.last?["c"]?.line == 4)
        #expect(node["missing"] == nil)
        #expect(node["a"]?.text == "1")
    }

    @Test("No mutation of a document traps")
    func mutations() {
        let valid = Array(
            "array:\n  - &x |\n    objectName: \"a\\tb\"\n    objectVersionHistory: -0x1F\n  - *x\n  - {a: !!int 5, ? b : ~}\n---\nb"
                .utf8)
        var random = SeededRandom(seed: 2)
        for _ in 0..<2000 {
            let text = String(decoding: random.mutation(of: valid), as: UTF8.self)
            do throws(YAMLError) {
                for node in try YAMLParser.parseAll(text) { _ = (Self.rendered(node), node.tag) }
            } catch {
                #expect(error.description.hasPrefix("yaml: "))
            }
        }
    }
}
