import Foundation
import Logging
import Testing

@testable import CSIProvider

@Suite("A line of the log")
struct LogLineTests {
    private static func line(_ fields: [(String, String)], _ format: LogFormat) -> String {
        var line = LogLine(format: format, seconds: 1_700_000_000, nanoseconds: 5_000_000, level: .info)
        line.append(message: "mounted")
        for (key, value) in fields { line.append(value, for: key) }
        line.end()
        return String(decoding: line.bytes, as: UTF8.self)
    }

    @Test("a log line is a JSON object whose numbers are numbers, or text")
    func forms() {
        let fields = [("files", "2"), ("pod", "a/b")]
        #expect(
            Self.line(fields, .json)
                == #"{"ts":1700000000005,"level":"info","msg":"mounted","files":2,"pod":"a/b"}"# + "\n")
        // The field decides the type, not the text of the value.
        let names = [("secret_provider_class", "2024"), ("call", "12345678"), ("files", "none")]
        #expect(
            Self.line(names, .json).hasSuffix(
                #""secret_provider_class":"2024","call":"12345678","files":"none"}"# + "\n"))
        #expect(Self.line(fields, .text) == #"2023-11-14T22:13:20Z info mounted files="2" pod="a/b""# + "\n")
    }

    @Test(
        "a log line has at most a few tens of kilobytes", arguments: [LogFormat.json, .text],
        ["x", "\"", "\n", "\u{1}", "\u{202e}", "😀"])
    func bounds(format: LogFormat, unit: String) throws {
        let text = String(repeating: unit, count: (1 << 20) / unit.utf8.count)
        let line = Self.line((0..<30).map { ("\($0)\(text)", text) }, format)
        #expect(line.utf8.count < 80 << 10)
        #expect(line.hasSuffix(format == .json ? "}\n" : "\"\n"))
        guard format == .json else { return }
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object.count == 33)
    }

    @Test("invisible characters are written as codes")
    func invisible() {
        let text = "a\u{202e}b\u{85}c\u{200b}d\u{2028}e\u{feff}f\u{1b}g\nh é😀"
        #expect(
            Self.line([("name", text)], .text).contains(
                #"name="a\\u{202e}b\\u{85}c\\u{200b}d\\u{2028}e\\u{feff}f\\u{1b}g\nh é😀""#))
    }
}

@Suite("A label of a metric")
struct MetricLabelTests {
    @Test("a label has a limited length, and shows invisible characters as codes")
    func escapes() {
        #expect(MetricText.escaped("a\"b\\c\nd\u{202e}e\u{9b}é") == #"a\"b\\c\nd\\u{202e}e\\u{9b}é"#)
        #expect(MetricText.escaped(String(repeating: "x", count: 1 << 20)).utf8.count <= 1 << 10)
    }
}
