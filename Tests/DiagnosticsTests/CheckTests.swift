import Diagnostics
import Foundation
import ProviderCore
import TestSupport
import Testing

/// A manifest with one mistake, the rule that names it, and words of the message or the fix.
struct CheckCase: Sendable, CustomTestStringConvertible {
    var rule: String
    var words: String
    var manifest: MarkedManifest

    var testDescription: String { "\(rule): \(words)" }

    init(_ rule: CheckRule, _ words: String, _ text: String) {
        self.init(rule.rawValue, words, text)
    }

    init(_ rule: ErrorCode, _ words: String, _ text: String) {
        self.init(rule.rawValue, words, text)
    }

    private init(_ rule: String, _ words: String, _ text: String) {
        self.rule = rule
        self.words = words
        manifest = MarkedManifest(text)
    }
}

@Suite("The check of manifests")
struct CheckTests {
    @Test("each mistake is reported with its rule, its place and a fix", arguments: CheckCase.all)
    func mistakes(example: CheckCase) throws {
        let findings = ManifestCheck([example.manifest.file]).findings()
        let found = try #require(findings.first { $0.rule == example.rule }, "\(findings.map(\.rule))")
        #expect("\(found.position.line):\(found.position.column)" == example.manifest.place)
        #expect("\(found.message) \(found.fix)".contains(example.words), "\(found.message) \(found.fix)")
        #expect(findings.map(\.rule) == [example.rule])
    }

    @Test("every rule of the check has a case")
    func completeness() {
        let covered = Set(CheckCase.all.map { $0.rule } + [CheckRule.fileUnreadable.rawValue])
        #expect(CheckRule.allCases.map(\.rawValue).filter { !covered.contains($0) } == [])
    }

    @Test("a correct set-up has no findings")
    func sound() {
        let text =
            MarkedManifest.secretProviderClass(MarkedManifest.client + MarkedManifest.objects) + "\n"
            + MarkedManifest.pod()
        #expect(ManifestCheck([MarkedManifest(text).file]).findings().map(\.message) == [])
    }

    @Test(
        "this project's own manifests have no findings",
        arguments: [
            "deploy/csidriver.yaml", "deploy/provider.yaml", "deploy/examples/payments/payments.yaml",
        ])
    func deployed(path: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
        #expect(ManifestCheck([ManifestFile(path: path, text: text)]).findings().map(\.message) == [])
    }

    @Test("classes of other providers and volumes of other drivers are ignored")
    func others() {
        let text =
            MarkedManifest.secretProviderClass("    roleName: x", provider: "vault") + "\n"
            + MarkedManifest.pod("{driver: disk.csi.azure.com, volumeAttributes: {skuName: x}}")
        #expect(ManifestCheck([MarkedManifest(text).file]).findings().map(\.message) == [])
    }

    @Test("the check knows every object setting of the server", arguments: ObjectsDocument.keys)
    func settings(key: String) throws {
        let text = MarkedManifest.secretProviderClass(
            MarkedManifest.client + MarkedManifest.objects + "\n          \(key)x: 1")
        let findings = ManifestCheck([MarkedManifest(text).file]).findings()
        #expect(findings.map(\.rule) == ["object-key-unknown"])
        #expect(try #require(findings.first).fix.contains(key))
    }

    @Test("unknown settings that may make files do not cause findings about files")
    func unknownFiles() {
        let text =
            MarkedManifest.secretProviderClass(MarkedManifest.client + MarkedManifest.objects + "\n          split: x")
            + "\n  secretObjects:\n    - {secretName: s, type: Opaque, data: [{objectName: b, key: k}]}"
        #expect(ManifestCheck([MarkedManifest(text).file]).findings().map(\.rule) == ["object-key-unknown"])
    }

    @Test("every rule is documented")
    func documented() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(
            contentsOf: root.appendingPathComponent("docs/use/check.md"), encoding: .utf8)
        #expect(RuleDescription.all.map(\.id).filter { !page.contains("`\($0)`") } == [])
    }
}
