import Documents
import TestSupport
import Testing

@testable import SecretMemory
@testable import Shaping

@Suite("JMESPath")
struct JMESPathTests {
    private static let document = """
        {"user":{"name":"root","tags":["a","b"],"port":5432},"servers":[{"host":"a","port":1,"up":true},\
        {"host":"b","port":2,"up":false},{"host":"c","port":3,"up":true}],"grid":[[1,2],[3,[4]],5],\
        "empty":{"list":[],"text":"","object":{},"nothing":null,"zero":0,"no":false},"é":"ü",\
        "a.b":{"c-d":1},"numbers":[3,1,2],"texts":["c","a","b"]}
        """

    private func search(_ expression: String, _ document: String = Self.document) throws -> String {
        var budget = ShapingBudget.forTests
        return try compact(try JMESPath(expression).search(try json(document), &budget))
    }

    @Test(
        "Expressions find what the specification says",
        arguments: [
            ("user.name", #""root""#), ("user.none", "null"), ("user.name.deeper", "null"), ("@.user.port", "5432"),
            (#""a.b"."c-d""#, "1"), (#""\u00e9""#, #""ü""#), ("user . name", #""root""#),
            ("servers[0].host", #""a""#), ("servers[-1].host", #""c""#), ("servers[3]", "null"), ("user[0]", "null"),
            ("grid[1][1][0]", "4"), ("servers[*].host", #"["a","b","c"]"#), ("servers[*].none", "[]"),
            ("user[*]", "null"), ("user.*", #"["root",["a","b"],5432]"#), ("servers.*", "null"),
            ("*.name", #"["root"]"#), ("numbers[1:]", "[1,2]"), ("numbers[:2]", "[3,1]"), ("numbers[::-1]", "[2,1,3]"),
            ("numbers[-2:]", "[1,2]"), ("numbers[::2]", "[3,2]"), ("numbers[5:]", "[]"), ("numbers[2:0:-1]", "[2,1]"),
            ("numbers[-9223372036854775808:9223372036854775807:9223372036854775807]", "[3]"),
            ("user[1:]", "null"), ("grid[]", "[1,2,3,[4],5]"), ("grid[][]", "[1,2,3,4,5]"), ("user[]", "null"),
            ("servers[?up].host", #"["a","c"]"#), ("servers[?port > `1`].host", #"["b","c"]"#),
            ("servers[?port >= `2` && !up].host", #"["b"]"#), ("servers[?host == 'a' || host == 'c'].port", "[1,3]"),
            ("servers[?none]", "[]"), ("user[?name]", "null"), ("servers[?host < 'b'].host", #"["a"]"#),
            ("[user.name, user.port]", #"["root",5432]"#), ("{n: user.name, p: user.port}", #"{"n":"root","p":5432}"#),
            ("none.[a]", "null"), ("none.{a: b}", "null"), ("user.{t: tags[0]}", #"{"t":"a"}"#),
            ("servers[*].[host, port] | [0]", #"["a",1]"#), ("servers[*].port | [1]", "2"),
            ("servers[0].port | @", "1"), ("user.none || user.name", #""root""#), ("empty.text || 'x'", #""x""#),
            ("empty.zero || 'x'", "0"), ("empty.list && 'x'", "[]"), ("user && user.port", "5432"),
            ("!(empty.object)", "true"), ("!(empty.zero)", "false"), ("!empty.zero", "null"), ("!none", "true"),
            ("'raw \\' and \\n'", #""raw ' and \\n""#), (#"`"é\u00e9"`"#, #""éé""#),
            ("`[1, {\"a\": null}]`", #"[1,{"a":null}]"#),
            (#"`"\`"`"#, #""`""#), ("`bare`", #""bare""#), ("`1.50`", "1.50"), ("`1` == `1.0`", "true"),
            ("`[1,2]` == `[1, 2.0]`", "true"), (#"`{"a":1,"b":2}` == `{"b":2,"a":1}`"#, "true"),
            ("`12345678901234567890` == `12345678901234567891`", "false"),
            ("`-12345678901234567890` < `-12345678901234567889`", "true"), ("`1e400` > `1`", "true"),
            ("`1` == `true`", "false"), ("'1' == `1`", "false"), ("`null` == none", "true"), ("'a' < `1`", "null"),
            ("(servers[*].port)[0]", "1"), ("servers[*].port[0]", "[]"), ("servers[?up] | [0].host", #""a""#),
            ("{a: `1`, a: `2`}", #"{"a":2}"#), ("servers[].{h: host}[0]", #"{"h":"a"}"#), ("a.b", "null"),
        ])
    func finds(expression: String, expected: String) throws {
        #expect(try search(expression) == expected)
    }

    @Test(
        "Every function follows the specification",
        arguments: [
            ("abs(`-1.50`)", "1.50"), ("abs(`3`)", "3"), ("avg(numbers)", "2"), ("avg(`[]`)", "null"),
            ("avg(`[1,2]`)", "1.5"), ("ceil(`1.2`)", "2"), ("ceil(`-1.2`)", "-1"), ("floor(`-1.2`)", "-2"),
            ("floor(`7`)", "7"), ("contains(texts, 'a')", "true"), ("contains(texts, `1`)", "false"),
            ("contains('haystack', 'st')", "true"), ("contains('x', `1`)", "false"), ("contains('x', '')", "true"),
            ("ends_with('value', 'ue')", "true"), ("ends_with('e', 'ue')", "false"),
            ("starts_with('value', 'va')", "true"), ("starts_with('v', 'va')", "false"),
            ("join(', ', texts)", #""c, a, b""#), ("join('', `[]`)", #""""#),
            ("keys(user)", #"["name","tags","port"]"#),
            ("values(user.{a: port})", "[5432]"), ("length(texts)", "3"), ("length('é𝄞x')", "3"),
            ("length(user)", "3"), ("map(&port, servers)", "[1,2,3]"), ("map(&none, servers)", "[null,null,null]"),
            ("max(numbers)", "3"), ("max(texts)", #""c""#), ("max(`[]`)", "null"), ("min(numbers)", "1"),
            ("max_by(servers, &port).host", #""c""#), ("min_by(servers, &host).port", "1"),
            ("min_by(`[]`, &a)", "null"), ("max_by(`[{\"a\":1,\"b\":1},{\"a\":1,\"b\":2}]`, &a).b", "1"),
            ("merge(`{\"a\":1,\"b\":2}`, `{\"a\":3,\"c\":4}`)", #"{"a":3,"b":2,"c":4}"#),
            ("not_null(none, user.name)", #""root""#), ("not_null(none)", "null"), ("reverse(numbers)", "[2,1,3]"),
            ("reverse('aé𝄞')", #""𝄞éa""#), ("sort(numbers)", "[1,2,3]"), ("sort(texts)", #"["a","b","c"]"#),
            ("sort(`[10, 9.5, -1e1]`)", "[-1e1,9.5,10]"), ("sort_by(servers, &host)[0].host", #""a""#),
            ("sort_by(`[]`, &a)", "[]"), ("sum(numbers)", "6"), ("sum(`[]`)", "0"), ("sum(`[0.5, 1]`)", "1.5"),
            ("sum(`[9223372036854775807, 1]`)", "9.223372036854776e+18"), ("to_array('a')", #"["a"]"#),
            ("to_array(numbers)", "[3,1,2]"), ("to_number('1.50')", "1.50"), ("to_number(' 1')", "null"),
            ("to_number('0x1')", "null"), ("to_number(`7`)", "7"), ("to_number(user)", "null"),
            ("to_string('a')", #""a""#), ("to_string(`1.50`)", #""1.50""#), ("to_string(none)", #""null""#),
            ("to_string(user)", #""{\"name\":\"root\",\"tags\":[\"a\",\"b\"],\"port\":5432}""#),
            ("type(user)", #""object""#), ("type(none)", #""null""#), ("type(`true`)", #""boolean""#),
            ("type('')", #""string""#), ("type(`1`)", #""number""#), ("type(texts)", #""array""#),
            ("user.length(tags)", "2"), ("texts | sort(@) | [0]", #""a""#),
            ("servers[*].to_string(port)", #"["1","2","3"]"#),
        ])
    func functions(expression: String, expected: String) throws {
        #expect(try search(expression) == expected)
    }

    @Test("Every function has a test")
    func everyFunction() {
        #expect(JMESPathFunction.allCases.count == 26)
    }

    @Test(
        "An invalid expression is refused without a document, with the column",
        arguments: [
            ("", "column 1: unexpected end of the expression"),
            ("a.", "column 3: unexpected end of the expression, expected a name, '*', '[' or '{'"),
            ("a b", "column 3: unexpected 'b'"), ("é", "column 1: an unexpected character"),
            (#""é".="#, "column 5: '=' alone means nothing, equality is '=='"),
            ("a[", "column 3: unexpected end of the expression, expected a number, ':' or '*'"),
            ("a[b]", "column 3: unexpected 'b', expected a number, ':' or '*'"),
            ("a[0", "column 4: unexpected end of the expression, expected ']'"),
            ("a[1:2:3:4]", "column 8: unexpected ':', expected ']'"),
            ("a[1 2]", "column 5: unexpected '2', expected ']'"),
            ("{a}", "column 3: unexpected '}', expected ':'"),
            ("{`1`: a}", "column 2: unexpected literal, expected a key"),
            ("{a: b,}", "column 7: unexpected '}', expected a key"),
            ("{a: b c: d}", "column 7: unexpected 'c', expected '}'"),
            ("[a,]", "column 4: unexpected ']'"), ("(a", "column 3: unexpected end of the expression, expected ')'"),
            ("a ||", "column 5: unexpected end of the expression"), ("'a", "column 1: what begins here has no end"),
            ("`a", "column 1: what begins here has no end"), (#"`"a`"#, "column 1: the literal is not JSON"),
            (#""\x""#, "column 1: a quoted identifier is written as a JSON string"),
            ("-", "column 1: '-' without a number after it"),
            ("a[9999999999999999999]", "column 3: a number that is too large"), ("*a", "column 2: unexpected 'a'"),
            ("a.*b", "column 4: unexpected 'b'"), ("&a", "column 1: unexpected '&'"),
            ("a[?b", "column 5: unexpected end of the expression, expected ']'"),
            (#""sum"(a)"#, "column 6: unexpected '('"),
            ("sum(a", "column 6: unexpected end of the expression, expected ')'"),
            ("sum(a,)", "column 7: unexpected ')'"), ("@(a)", "column 2: unexpected '('"),
            ("a[*", "column 4: unexpected end of the expression, expected ']'"),
            ("1", "column 1: unexpected '1'"), ("a #", "column 3: an unexpected character"),
            (".a", "column 1: unexpected '.'"),
        ])
    func refuses(expression: String, reason: String) {
        #expect(refusal { () throws(ShapingError) in try JMESPath(expression) } == ShapingError(.syntax, reason))
    }

    @Test(
        "Functions and the number and kinds of their arguments are checked without a document",
        arguments: [
            ("none(a)", "unknown-function", "column 1: unknown function none()"),
            ("a.sum()", "invalid-arity", "column 3: sum() takes 1 arguments, here are 0"),
            ("not_null()", "invalid-arity", "column 1: not_null() takes at least 1 arguments, here are 0"),
            ("sum(&a)", "invalid-type", "column 1: argument 1 of sum() must be an array of numbers"),
            ("map(a, b)", "invalid-type", "column 1: argument 1 of map() must be an expression, such as &name"),
            ("a[::0]", "invalid-value", "a slice cannot have a step of 0"),
        ])
    func refusesCalls(expression: String, kind: String, reason: String) throws {
        let error = try #require(refusal { () throws(ShapingError) in try JMESPath(expression) })
        #expect(error.kind.rawValue == kind)
        #expect(error.reason == reason)
    }

    @Test(
        "An argument of the wrong kind is refused without showing it",
        arguments: [
            ("abs('s3cret')", "argument 1 of abs() must be a number, here it is a string"),
            (
                "sum(`[1,\"s3cret\"]`)",
                "argument 1 of sum() must be an array of numbers, here it is an array of something else"
            ),
            (
                "sort(`[1,\"s3cret\"]`)",
                "argument 1 of sort() must be an array of numbers or of strings, here it is an array of something else"
            ),
            (
                "join('', `[\"s3cret\", 1]`)",
                "argument 2 of join() must be an array of strings, here it is an array of something else"
            ),
            ("length(none)", "argument 1 of length() must be an array, a string or an object, here it is null"),
            ("keys('s3cret')", "argument 1 of keys() must be an object, here it is a string"),
            ("merge(user, 's3cret')", "argument 2 of merge() must be an object, here it is a string"),
            (
                "sort_by(servers, &up)",
                "the expression of sort_by() must give only numbers or only strings, here it gives a boolean"
            ),
            (
                "max_by(`[{\"a\":1},{\"a\":\"s3cret\"}]`, &a)",
                "the expression of max_by() must give only numbers or only strings, here it gives a string and a number"
            ),
            ("map(&a, 's3cret')", "argument 2 of map() must be an array, here it is a string"),
        ])
    func types(expression: String, reason: String) throws {
        let expression = try JMESPath(expression)
        let document = try json(Self.document)
        var budget = ShapingBudget.forTests
        let error = refusal { () throws(ShapingError) in try expression.search(document, &budget) }
        #expect(error == ShapingError(.invalidType, reason))
    }

    @Test("A number that cannot be written is refused")
    func overflow() throws {
        let error = refusal { () throws(ShapingError) in
            var budget = ShapingBudget.forTests
            return try JMESPath("sum(`[1e308, 1e308]`)").search(.null, &budget)
        }
        #expect(error?.kind == .invalidValue)
    }

    @Test("Keys that differ only in their normal form are different")
    func normalForms() throws {
        let document = "{\"\u{e9}\":1,\"e\u{301}\":2}"
        #expect(try search("\"e\u{301}\"", document) == "2")
        #expect(try search("length(@)", document) == "2")
        #expect(try search("merge(@, @) == @", document) == "true")
    }

    @Test("Length, depth, steps and size are limited")
    func bounds() throws {
        func kind(_ expression: String, _ document: String = "[1,2,3,4,5,6,7,8]") -> ShapingError.Kind? {
            refusal { () throws(ShapingError) in
                var budget = ShapingBudget(steps: 20_000, bytes: 100_000)
                let found = try JMESPath(expression).search(
                    try ContentDocument.parse(SecretBytes(document), as: .json), &budget)
                return try JSONRenderer.render(found, &budget)
            }?.kind
        }
        #expect(kind(String(repeating: "a", count: 4097)) == .syntax)
        #expect(kind(String(repeating: "(", count: 2000) + "a" + String(repeating: ")", count: 2000)) == .syntax)
        #expect(kind(String(repeating: "!", count: 4000) + "a") == .syntax)
        #expect(kind(String(repeating: "[*]", count: 1000)) == .syntax)
        #expect(kind("a" + String(repeating: ".a", count: 300)) == nil)
        #expect(kind("@" + String(repeating: "[0]", count: 300)) == nil)
        #expect(kind("a" + String(repeating: "||a", count: 300)) == nil)
        // Each step makes the list eight times as long.
        #expect(kind("@" + String(repeating: "|[@,@,@,@,@,@,@,@][]", count: 20)) == .tooLarge)
        #expect(kind("@" + String(repeating: "|[@,@,@,@,@,@,@,@]", count: 20)) == .tooLarge)
        #expect(kind("to_string(@)" + String(repeating: "|join(@,[@,@,@,@])", count: 20)) == .tooLarge)
        #expect(kind("@" + String(repeating: "|[@]", count: 450)) == .tooLarge)
        #expect(
            kind(
                "map(&map(&map(&map(&map(&map(&map(&@,$),$),$),$),$),$),$)".replacing(
                    "$", with: "`[1,1,1,1,1,1,1,1,1]`")) == .tooLarge)
    }

    @Test("No mutation of an expression traps")
    func mutations() throws {
        let expressions = [
            #"servers[?port >= `2` && !up].{h: host, "p": port} | [0] || 'none' == @"#,
            "sort_by(servers, &port)[::-1].[host, to_string(port)][] | join('-', @)",
        ].map { Array($0.utf8) }
        let document = try json(Self.document)
        var random = SeededRandom(seed: 7)
        for index in 0..<3000 {
            let text = String(decoding: random.mutation(of: expressions[index % expressions.count]), as: UTF8.self)
            _ = refusal { () throws(ShapingError) in
                var budget = ShapingBudget.forTests
                return try JMESPath(text).search(document, &budget)
            }
        }
    }
}
