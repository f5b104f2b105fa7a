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

@Suite("A check of manifests")
struct CheckTests {
    @Test("names each mistake by its rule, at its place, with a fix", arguments: CheckCase.all)
    func mistakes(example: CheckCase) throws {
        let findings = ManifestCheck([example.manifest.file]).findings()
        let found = try #require(findings.first { $0.rule == example.rule }, "\(findings.map(\.rule))")
        #expect("\(found.position.line):\(found.position.column)" == example.manifest.place)
        #expect("\(found.message) \(found.fix)".contains(example.words), "\(found.message) \(found.fix)")
        #expect(findings.map(\.rule) == [example.rule])
    }

    @Test("has a case for every rule of its own")
    func completeness() {
        let covered = Set(CheckCase.all.map { $0.rule } + [CheckRule.fileUnreadable.rawValue])
        #expect(CheckRule.allCases.map(\.rawValue).filter { !covered.contains($0) } == [])
    }

    @Test("finds nothing in a sound set-up")
    func sound() {
        let text =
            MarkedManifest.secretProviderClass(MarkedManifest.client + MarkedManifest.objects) + "\n"
            + MarkedManifest.pod()
        #expect(ManifestCheck([MarkedManifest(text).file]).findings().map(\.message) == [])
    }

    @Test(
        "finds nothing in what this project deploys",
        arguments: [
            "deploy/csidriver.yaml", "deploy/provider.yaml", "deploy/examples/payments/payments.yaml",
        ])
    func deployed(path: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
        #expect(ManifestCheck([ManifestFile(path: path, text: text)]).findings().map(\.message) == [])
    }

    @Test("leaves other providers' classes and other drivers' volumes alone")
    func others() {
        let text =
            MarkedManifest.secretProviderClass("    roleName: x", provider: "vault") + "\n"
            + MarkedManifest.pod("{driver: disk.csi.azure.com, volumeAttributes: {skuName: x}}")
        #expect(ManifestCheck([MarkedManifest(text).file]).findings().map(\.message) == [])
    }

    @Test("knows every object setting of the server, and nothing by heart", arguments: ObjectsDocument.keys)
    func settings(key: String) throws {
        let text = MarkedManifest.secretProviderClass(
            MarkedManifest.client + MarkedManifest.objects + "\n          \(key)x: 1")
        let findings = ManifestCheck([MarkedManifest(text).file]).findings()
        #expect(findings.map(\.rule) == ["object-key-unknown"])
        #expect(try #require(findings.first).fix.contains(key))
    }

    @Test("does not guess at files that settings unknown to it may make")
    func unknownFiles() {
        let text =
            MarkedManifest.secretProviderClass(MarkedManifest.client + MarkedManifest.objects + "\n          split: x")
            + "\n  secretObjects:\n    - {secretName: s, type: Opaque, data: [{objectName: b, key: k}]}"
        #expect(ManifestCheck([MarkedManifest(text).file]).findings().map(\.rule) == ["object-key-unknown"])
    }

    @Test("documents every rule")
    func documented() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(
            contentsOf: root.appendingPathComponent("docs/use/check.md"), encoding: .utf8)
        #expect(RuleDescription.all.map(\.id).filter { !page.contains("`\($0)`") } == [])
    }
}
