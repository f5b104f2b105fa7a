import Testing

@testable import Documents
@testable import ProviderCore

@Suite("A mapping of settings")
struct SettingsMappingTests {
    private static func text(_ text: String) -> YAMLNode {
        .scalar(YAMLScalar(text: text, isPlain: true, explicitTag: nil, line: 1))
    }

    // The provider parses each new class text once, and a node sees many of them.
    @Test("a mapping does not leak memory after it has been read")
    func leavesNothing() {
        weak var left: SettingsReport?
        do {
            let report = SettingsReport()
            left = report
            let inner = YAMLNode.mapping([(Self.text("pointer"), Self.text("/a"))], line: 1)
            let settings = SettingsMapping(
                [
                    (Self.text("name"), Self.text("a")), (Self.text("extract"), inner),
                    (Self.text("nmae"), Self.text("b")),
                ],
                place: "object at index 0", report: report)
            #expect(settings.text("name") == "a")
            #expect(settings.mapping("extract")?.text("pointer") == "/a")
            #expect(report.warnings == ["object at index 0: unknown key nmae is ignored; did you mean name?"])
        }
        #expect(left == nil)
    }
}
