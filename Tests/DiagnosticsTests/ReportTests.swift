import Diagnostics
import Documents
import Foundation
import Testing

@Suite("Findings")
struct ReportTests {
    private let report: FindingReport = {
        let text = MarkedManifest.secretProviderClass(
            MarkedManifest.client + "    clientId: x\n" + MarkedManifest.objects)
        let file = ManifestFile(path: "dir/a file.yaml", text: text + "\n---\nkind: \"\\e[31mevil\"\n")
        return FindingReport(findings: ManifestCheck([file]).findings(), files: 1)
    }()

    @Test("findings for people show the line of the mistake, with colours only if requested")
    func text() {
        let text = report.text(TextStyle(isColoured: false))
        #expect(
            text == """
                dir/a file.yaml:10:5: warning: the provider ignores the parameter clientId [parameter-unknown]
                  10 |     clientId: x
                     |     ^
                  fix: write clientID: letter case counts

                1 warning in 1 file.

                """)
        #expect(!text.contains("\u{1B}"))
        #expect(report.text(TextStyle(isColoured: true)).contains("\u{1B}[33;1mwarning\u{1B}[0m"))
    }

    @Test("control characters of a manifest never reach the terminal")
    func hostile() {
        let file = ManifestFile(path: "x.yaml", text: "kind: SecretProviderClass\napiVersion: \"\\e[2J\"\n")
        let text = FindingReport(findings: ManifestCheck([file]).findings(), files: 1).text(
            TextStyle(isColoured: false))
        #expect(text.contains("SecretProviderClass") && !text.contains("\u{1B}"))
    }

    @Test("findings are JSON for programs")
    func json() throws {
        let object = try JSONSerialization.jsonObject(with: Data(report.json.document.utf8)) as? [String: Any]
        let findings = try #require(object?["findings"] as? [[String: Any]])
        #expect(findings.map { $0["rule"] as? String } == ["parameter-unknown"])
        #expect(findings.first?["line"] as? Int == 10)
    }

    @Test("findings are SARIF for code hosts, with a description of each rule")
    func sarif() throws {
        let data = Data(report.sarif(version: "v1").document.utf8)
        let log = try JSONDecoder().decode(SARIFLog.self, from: data)
        #expect(log.version == "2.1.0" && log.runs.count == 1)
        let run = try #require(log.runs.first)
        #expect(Set(run.tool.driver.rules.map(\.id)).count == run.tool.driver.rules.count)
        let result = try #require(run.results.first)
        #expect(run.tool.driver.rules[result.ruleIndex].id == result.ruleId)
        #expect(["none", "note", "warning", "error"].contains(result.level))
        let place = try #require(result.locations.first).physicalLocation
        #expect(place.artifactLocation.uri == "dir/a%20file.yaml")
        #expect(place.region.startLine == 10 && place.region.startColumn == 5)
    }

    /// The rules of the standard for a log, for the parts that a check writes.
    private struct SARIFLog: Decodable {
        struct Run: Decodable {
            struct Tool: Decodable {
                struct Driver: Decodable {
                    struct Rule: Decodable {
                        struct Text: Decodable { var text: String }
                        struct Configuration: Decodable { var level: String }
                        var id: String
                        var shortDescription: Text
                        var defaultConfiguration: Configuration
                    }
                    var name: String
                    var version: String
                    var rules: [Rule]
                }
                var driver: Driver
            }
            struct Result: Decodable {
                struct Message: Decodable { var text: String }
                struct Location: Decodable {
                    struct Physical: Decodable {
                        struct Artifact: Decodable { var uri: String }
                        struct Region: Decodable { var startLine, startColumn: Int }
                        var artifactLocation: Artifact
                        var region: Region
                    }
                    var physicalLocation: Physical
                }
                var ruleId: String
                var ruleIndex: Int
                var level: String
                var message: Message
                var locations: [Location]
            }
            var tool: Tool
            var columnKind: String
            var results: [Result]
        }
        var version: String
        var runs: [Run]
    }
}
