import TestSupport
import Testing

@testable import Shaping

@Suite("JSONPointer")
struct JSONPointerTests {
    // RFC 6901, section 5.
    private static let example = #"""
        {"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8,"~1":9}
        """#

    @Test(
        "The RFC's examples find the RFC's results",
        arguments: [
            ("/foo", #"["bar","baz"]"#), ("/foo/0", #""bar""#), ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"),
            ("/e^f", "3"), ("/g|h", "4"), (#"/i\j"#, "5"), (#"/k"l"#, "6"), ("/ ", "7"), ("/m~0n", "8"), ("/~01", "9"),
        ])
    func example(pointer: String, expected: String) throws {
        #expect(try compact(try JSONPointer(pointer).value(in: try json(Self.example))) == expected)
    }

    @Test("The empty pointer is the whole document")
    func whole() throws {
        #expect(try compact(try JSONPointer("").value(in: try json("[1]"))) == "[1]")
    }

    @Test(
        "A text that is not a pointer is refused",
        arguments: ["a", "a/b", "#/a", "/~", "/a~2", "/~~", String(repeating: "/", count: 201)])
    func syntax(pointer: String) {
        #expect(refusal { () throws(ShapingError) in try JSONPointer(pointer) }?.kind == .syntax)
    }

    @Test(
        "An error names the last existing part of the path, and shows no values",
        arguments: [
            ("/none", #"the document has no key "none""#),
            ("/a/none/x", #"/a has no key "none""#),
            ("/a/list/x", #"/a/list is an array, and "x" is not an index"#),
            ("/a/list/-", #"/a/list is an array, and "-" is not an index"#),
            ("/a/list/01", #"/a/list is an array, and "01" is not an index"#),
            ("/a/list/+1", #"/a/list is an array, and "+1" is not an index"#),
            ("/a/list/2", "/a/list is an array of 2 elements, without one at index 2"),
            (
                "/a/list/99999999999999999999",
                "/a/list is an array of 2 elements, without one at index 99999999999999999999"
            ),
            ("/a/list/0/x", #"/a/list/0 is a string, which has no "x""#),
            ("/x~1y/z", #"/x~1y is a number, which has no "z""#),
        ])
    func missing(pointer: String, reason: String) throws {
        let document = try json(#"{"a":{"list":["s3cret",2]},"x/y":7}"#)
        let pointer = try JSONPointer(pointer)
        #expect(
            refusal { () throws(ShapingError) in try pointer.value(in: document) } == ShapingError(.missing, reason))
    }

    @Test("Two keys with the same normal form are both found")
    func normalForms() throws {
        let document = try json("{\"\u{e9}\":1,\"e\u{301}\":2}")
        #expect(try compact(try JSONPointer("/\u{e9}").value(in: document)) == "1")
        #expect(try compact(try JSONPointer("/e\u{301}").value(in: document)) == "2")
    }
}
