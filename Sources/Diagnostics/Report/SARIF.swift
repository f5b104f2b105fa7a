package import Documents
internal import ProviderCore
internal import SecretMemory

extension FindingReport {
    /// Returns the findings in the Static Analysis Results Interchange Format 2.1.0, which code hosts show next to the
    /// lines.
    ///
    /// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
    package func sarif(version: String) -> JSONOutput {
        let rules = RuleDescription.all
        let indices = Dictionary(uniqueKeysWithValues: rules.enumerated().map { ($0.element.id, $0.offset) })
        let results = findings.map { finding -> JSONOutput in
            var members: [(String, JSONOutput)] = [("ruleId", .text(finding.rule))]
            if let index = indices[finding.rule] { members.append(("ruleIndex", .number(index))) }
            members += [
                ("level", .text(finding.severity.rawValue)),
                ("message", .object([("text", .text("\(finding.message)\nTo fix: \(finding.fix)"))])),
                ("locations", .array([Self.location(finding)])),
            ]
            return .object(members)
        }
        let driver: JSONOutput = .object([
            ("name", .text("akv-csi check")),
            ("version", .text(version)),
            ("rules", .array(rules.map(\.sarif))),
        ])
        let run: JSONOutput = .object([
            ("tool", .object([("driver", driver)])),
            // The columns count Unicode scalars.
            ("columnKind", .text("unicodeCodePoints")),
            ("results", .array(results)),
        ])
        return .object([
            (
                "$schema",
                .text("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json")
            ),
            ("version", .text("2.1.0")),
            ("runs", .array([run])),
        ])
    }

    private static func location(_ finding: Finding) -> JSONOutput {
        var members: [(String, JSONOutput)] = [
            (
                "physicalLocation",
                .object([
                    ("artifactLocation", .object([("uri", .text(uri(finding.path)))])),
                    (
                        "region",
                        .object([
                            ("startLine", .number(finding.position.line)),
                            ("startColumn", .number(finding.position.column)),
                        ])
                    ),
                ])
            )
        ]
        // A file that cannot be read does not have a Kubernetes object.
        if !finding.subject.isEmpty {
            members.append(
                ("logicalLocations", .array([.object([("fullyQualifiedName", .text(finding.subject))])])))
        }
        return .object(members)
    }

    /// Returns a path as a reference that code hosts find in their tree. Relative paths do not have `./`, absolute ones
    /// become file URLs, and characters with a meaning in URLs are escaped (sections 3.4.3 and 3.10 of the standard).
    private static func uri(_ path: String) -> String {
        let elements = path.split(separator: "/").filter { $0 != "." }.map { String($0).percentEncoded }
        return (path.hasPrefix("/") ? "file:///" : "") + elements.joined(separator: "/")
    }
}

/// The description of a rule.
package struct RuleDescription: Sendable {
    package var id: String
    package var severity: Finding.Severity
    package var title: String

    /// The provider's rules that can be checked without a network, and then the rules of `akv-csi check`.
    package static let all: [RuleDescription] =
        ErrorCode.allCases.filter(isOfManifests).map {
            RuleDescription(id: $0.rawValue, severity: .error, title: $0.hint)
        }
        + CheckRule.allCases.map { RuleDescription(id: $0.rawValue, severity: $0.severity, title: $0.title) }

    private static func isOfManifests(_ code: ErrorCode) -> Bool {
        switch code {
        case .requestMalformed, .requestRefused: false
        case .annotationMissing, .annotationInvalid: true
        default: code.category == .manifest
        }
    }

    var sarif: JSONOutput {
        .object([
            ("id", .text(id)),
            ("shortDescription", .object([("text", .text(title))])),
            ("help", .object([("text", .text(DebuggingPage.entry(for: id) ?? title))])),
            ("defaultConfiguration", .object([("level", .text(severity.rawValue))])),
        ])
    }
}
