import TestSupport
import Testing

@testable import SecretMemory
@testable import Shaping

@Suite("Template")
struct TemplateTests {
    private static let contents: [ByteKey: Template.Content] = [
        ByteKey("db"): Template.Content(
            bytes: SecretBytes(
                #"{"host":"db.local","port":5432,"tls":{"ca":"A\nB\n"},"none":null,"a.b":["x","y"],"on":true}"#)),
        ByteKey("settings"): Template.Content(bytes: SecretBytes("level: debug\nsizes: [1, 2]\n"), format: .yaml),
        ByteKey("password"): Template.Content(bytes: SecretBytes(" p'\"\\$`é=#\t ")),
        ByteKey("cert"): Template.Content(bytes: SecretBytes("-----BEGIN\nabc\n-----END\n")),
        ByteKey("raw"): Template.Content(bytes: SecretBytes([0xFF, 0xFE])),
        ByteKey("wrapped"): Template.Content(bytes: SecretBytes("eyJhIjoxfQ==")),
        ByteKey("inner"): Template.Content(bytes: SecretBytes(#"{"config":"{\"deep\":\"value\"}"}"#)),
    ]

    private func render(_ template: String) throws -> String {
        var budget = ShapingBudget.forTests
        return try Template(template).render(Self.contents, &budget).exposedText
    }

    @Test(
        "Placeholders are filled in",
        arguments: [
            ("", ""), ("no { placeholder }} here", "no { placeholder }} here"),
            ("host={{ db.host }}\nport={{db.port}}\n", "host=db.local\nport=5432\n"),
            ("{{ password }}", " p'\"\\$`é=#\t "), (#"{{ db."a.b".1 }}"#, "y"), ("{{ db.tls }}", #"{"ca":"A\nB\n"}"#),
            ("{{ settings.level }}{{ settings.sizes.0 }}", "debug1"), (#"{{ "{{" }} and {{ "}}" }}"#, "{{ and }}"),
            (#"{{ "a\u00e9\n" }}"#, "aé\n"), ("{{\n  db.on\n}}", "true"),
            (#"{{ db | pointer "/tls/ca" | trim }}"#, "A\nB"), (#"{{ db.tls | pointer "/ca" }}"#, "A\nB\n"),
            (#"{{ db | jmesPath "keys(@) | [0]" }}"#, "host"), (#"{{ settings | jmesPath "sum(sizes)" }}"#, "3"),
            (#"{{ inner.config | pointer "/deep" }}"#, "value"), (#"{{ wrapped | base64Decode | pointer "/a" }}"#, "1"),
            (#"{{ db.nothing | default "x" }}"#, "x"), (#"{{ db.none | default "" }}"#, ""),
            (#"{{ db.nothing | upper | pointer "/a" | default "x" | upper }}"#, "X"),
            (#"{{ db | jmesPath "nothing" | default "x" }}"#, "x"), (#"{{ db.host | default "x" }}"#, "db.local"),
            ("{{ db.host | upper }}", "DB.LOCAL"), ("{{ password | trim | lower }}", "p'\"\\$`é=#"),
            ("{{ raw | base64 }}", "//4="), ("{{ raw | base64url }}", "__4"),
            ("{{ db.host | base64 }}", "ZGIubG9jYWw="),
            ("{{ raw | url }}", "%FF%FE"), ("{{ password | trim | url }}", "p%27%22%5C%24%60%C3%A9%3D%23"),
            ("ca: |\n  {{ cert | indent 2 }}", "ca: |\n  -----BEGIN\n  abc\n  -----END\n"),
            ("{{ cert | json }}", #""-----BEGIN\nabc\n-----END\n""#), ("{{ db.port | json }}", "5432"),
            ("{{ db.none | json }}", "null"), ("{{ db.tls | json 2 }}", "{\n  \"ca\": \"A\\nB\\n\"\n}"),
            (#"{{ password | quote "json" }}"#, #"" p'\"\\$`é=#\t ""#),
            (#"{{ password | quote "yaml" }}"#, #"" p'\"\\$`é=#\t ""#),
            (#"{{ password | quote "toml" }}"#, #"" p'\"\\$`é=#\t ""#),
            (#"{{ password | quote "properties" }}"#, "\\ p'\"\\\\$`\\u00E9\\=\\#\\t "),
            (#"{{ password | quote "shell" }}"#, "' p'\\''\"\\$`é=#\t '"),
            (#"{{ "😀" | quote "properties" }}"#, #"\uD83D\uDE00"#),
        ])
    func renders(template: String, expected: String) throws {
        #expect(try render(template) == expected)
    }

    @Test(
        "An invalid template is refused without a content, with line and column",
        arguments: [
            ("{{", "line 1, column 3: expected the name of an object"),
            ("{{ }}", "line 1, column 4: expected the name of an object"),
            ("a\né{{ db", "line 2, column 2: this placeholder has no end"),
            ("{{ db }", "line 1, column 7: expected '|' or '}}'"),
            ("{{ db. }}", "line 1, column 7: expected the name of a member"),
            ("{{ db | }}", "line 1, column 9: expected the name of a filter"),
            ("{{ db | uper }}", "line 1, column 9: unknown filter uper; did you mean upper?"),
            ("{{ db | upper 1 }}", "line 1, column 9: upper takes no argument"),
            ("{{ db | indent }}", "line 1, column 9: indent needs a number between 0 and 64"),
            ("{{ db | indent 65 }}", "line 1, column 9: indent needs a number between 0 and 64"),
            ("{{ db | indent 99999999999999999999 }}", "line 1, column 9: indent needs a number between 0 and 64"),
            ("{{ db | default x }}", "line 1, column 9: default needs a text in double quotes"),
            (
                #"{{ db | quote "xml" }}"#,
                #"line 1, column 9: quote knows "json", "yaml", "toml", "properties", "shell" only"#
            ),
            (#"{{ db | pointer "a" }}"#, "line 1, column 9: a JSON Pointer is empty or begins with '/', as in /a"),
            (
                #"{{ db | jmesPath "a[" }}"#,
                "line 1, column 9: column 3: unexpected end of the expression, expected a number, ':' or '*'"
            ),
            (#"{{ db | default "x }}"#, "line 1, column 17: this text has no closing quote"),
            (#"{{ db | default "\x" }}"#, "line 1, column 17: a text in quotes is written as a JSON string"),
            (#"{{ db | default "\"#, "line 1, column 17: this text has no closing quote"),
            (
                "{{ db" + String(repeating: " | trim", count: 17) + " }}",
                "line 1, column 121: a placeholder takes 16 filters at most"
            ),
            ("{{ db port }}", "line 1, column 7: expected '|' or '}}'"),
        ])
    func refuses(template: String, reason: String) throws {
        let error = try #require(refusal { () throws(ShapingError) in try Template(template) })
        #expect(error.reason == reason)
    }

    @Test(
        "A content that the placeholder cannot use is refused with the place, and without its value",
        arguments: [
            ("\n {{ none }}", "line 2, column 2: the object none is missing"),
            ("{{ db.nothing }}", #"line 1, column 1: the document has no key "nothing""#),
            ("{{ db.none }}", "line 1, column 1: the value is null; add | default \"…\" if it may be"),
            ("{{ db.host.x }}", #"line 1, column 1: /host is a string, which has no "x""#),
            ("{{ password.x }}", "line 1, column 1: password: the content is not a JSON document"),
            (
                #"{{ password | pointer "/x" | default "y" }}"#,
                "line 1, column 1: password: the content is not a JSON document"
            ),
            ("{{ raw | json }}", "line 1, column 1: the value is not UTF-8 text; use base64 for what is not"),
            (#"{{ raw | quote "yaml" }}"#, "line 1, column 1: the value is not UTF-8 text; use base64 for what is not"),
            ("{{ password | base64Decode }}", "line 1, column 1: the value is not base64"),
            (
                #"{{ db | jmesPath "abs(host)" }}"#,
                "line 1, column 1: argument 1 of abs() must be a number, here it is a string"
            ),
            (
                #"{{ "\u0000" | quote "shell" }}"#,
                "line 1, column 1: the value has a zero byte, which a shell cannot hold"
            ),
        ])
    func missing(template: String, reason: String) throws {
        let template = try Template(template)
        var budget = ShapingBudget.forTests
        let error = refusal { () throws(ShapingError) in try template.render(Self.contents, &budget) }
        #expect(error?.reason == reason)
    }

    @Test("A template names the contents that it needs, and their places")
    func references() throws {
        let references = try Template("{{ a.b }}\n{{ \"x\" }} {{ c | trim }}{{ a }}").references
        #expect(references.map(\.name) == ["a", "c", "a"])
        #expect(references.map(\.place) == ["line 1, column 1", "line 2, column 11", "line 2, column 25"])
    }

    @Test("Length, number and size are limited")
    func bounds() throws {
        func kind(_ text: String, _ content: String = "x") -> ShapingError.Kind? {
            refusal { () throws(ShapingError) in
                var budget = ShapingBudget(bytes: 100_000)
                return try Template(text).render([ByteKey("a"): Template.Content(bytes: SecretBytes(content))], &budget)
            }?.kind
        }
        #expect(kind(String(repeating: "a", count: 65_537)) == .syntax)
        #expect(kind(String(repeating: "{{a}}", count: 1001)) == .syntax)
        #expect(kind(String(repeating: "{{a}}", count: 1000)) == nil)
        #expect(kind(String(repeating: "{{a}}", count: 1000), String(repeating: "x", count: 2500)) == .tooLarge)
        #expect(
            kind("{{a" + String(repeating: "|indent 64", count: 16) + "}}", String(repeating: "\n", count: 1000))
                == .tooLarge)
    }

    @Test("No mutation of a template traps")
    func mutations() throws {
        let valid = Array(
            #"a {{ db.host | default "x\n" | quote "yaml" }} {{ "{{" }} {{ cert | indent 2 | base64 }} é {{ db | jmesPath "a.b" }}"#
                .utf8)
        var random = SeededRandom(seed: 3)
        for _ in 0..<3000 {
            let text = String(decoding: random.mutation(of: valid), as: UTF8.self)
            _ = refusal { () throws(ShapingError) in
                var budget = ShapingBudget.forTests
                return try Template(text).render(Self.contents, &budget)
            }
        }
    }
}
