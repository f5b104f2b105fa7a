import Foundation
import Testing

@testable import Documents
@testable import SecretMemory
@testable import Shaping

/// The official cases, in the format of the JMESPath project's compliance tests, from the directory that
/// `AKV_JMESPATH_CASES` names (Tests/jmespath.sh).
@Suite("The official JMESPath cases")
struct JMESPathCaseTests {
    private static let directory = ProcessInfo.processInfo.environment["AKV_JMESPATH_CASES"]

    private struct Outcome {
        var count = 0
        var failures: [String] = []
    }

    @Test("Each case has its expected result or error", .enabled(if: directory != nil))
    func cases() throws {
        let directory = try #require(Self.directory)
        let files = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".json") }
        #expect(!files.isEmpty)
        var outcome = Outcome()
        for file in files.sorted() {
            let bytes = try #require(FileManager.default.contents(atPath: "\(directory)/\(file)"))
            for suite in try JSONParser.parse(SecretBytes(bytes)).array ?? [] {
                let given = suite.object?["given"] ?? .null
                for test in suite.object?["cases"]?.array ?? [] { check(test, given, file, &outcome) }
            }
        }
        print("\(outcome.count) JMESPath cases in \(files.count) files")
        #expect(outcome.failures.isEmpty, "\(outcome.failures.joined(separator: "\n"))")
        #expect(outcome.count > 5000)
    }

    private func check(_ test: JSONValue, _ given: JSONValue, _ file: String, _ outcome: inout Outcome) {
        guard let object = test.object, let expression = object["expression"]?.text else { return }
        var budget = ShapingBudget.forTests
        let found: JSONValue?
        var error: ShapingError?
        do throws(ShapingError) {
            found = try JMESPath(expression).search(given, &budget)
        } catch let refusal {
            found = nil
            error = refusal
        }
        if let wanted = object["error"]?.text {
            outcome.count += 1
            guard error?.kind.rawValue != wanted, !(wanted == "any" && error != nil) else { return }
            outcome.failures.append("\(file): \(expression): wanted \(wanted), got \(String(describing: error))")
        } else if let wanted = object["result"] {
            outcome.count += 1
            if let found, (try? found.isEqual(to: wanted, &budget)) == true { return }
            let shown = found.flatMap { try? compact($0) } ?? "\(String(describing: error))"
            outcome.failures.append(
                "\(file): \(expression): wanted \((try? compact(wanted)) ?? ""), got \(shown)")
        }
    }
}
