import Documents
import Testing

@Suite("JSON that is written")
struct JSONOutputTests {
    private static let members: [(String, JSONOutput)] = [
        ("text", .text("a\"\\\n\u{1}é")), ("number", .number(-1)), ("on", .bool(true)), ("off", .bool(false)),
        ("none", .optional(nil)), ("list", .texts(["x", "y"])), ("empty", .array([])), ("object", .object([])),
        ("nested", .object([("one", .object([("two", .array([.null, .object([])]))]))])),
        ("sorted", .texts(["b": "2", "a": "1"])),
    ]
    private static let example = JSONOutput.object(members)

    @Test("JSON on one line does not contain spaces")
    func compact() {
        #expect(
            Self.example.compact == #"""
                {"text":"a\"\\\n\u0001é","number":-1,"on":true,"off":false,"none":null,"list":["x","y"],"empty":[],\#
                "object":{},"nested":{"one":{"two":[null,{}]}},"sorted":{"a":"1","b":"2"}}
                """#)
    }

    @Test("a JSON document is indented by two spaces, and ends in a newline")
    func document() {
        #expect(
            Self.example.document == #"""
                {
                  "text": "a\"\\\n\u0001é",
                  "number": -1,
                  "on": true,
                  "off": false,
                  "none": null,
                  "list": [
                    "x",
                    "y"
                  ],
                  "empty": [],
                  "object": {},
                  "nested": {
                    "one": {
                      "two": [
                        null,
                        {}
                      ]
                    }
                  },
                  "sorted": {
                    "a": "1",
                    "b": "2"
                  }
                }

                """#)
    }
}
