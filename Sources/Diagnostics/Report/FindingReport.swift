package import Documents
internal import SecretMemory

/// The findings of a check, as text, JSON or SARIF.
package struct FindingReport: Sendable {
    package var findings: [Finding]
    /// The number of files that were read.
    package var files: Int
    /// The word for a file.
    package var unit = "file"

    /// The number of classes of this provider in the files.
    package var classes: Int

    package init(findings: [Finding], files: Int, classes: Int = 1) {
        self.findings = findings
        self.files = files
        self.classes = classes
    }

    /// The highest severity of the findings; nil if there are none.
    package var worst: Finding.Severity? { findings.map(\.severity).max() }

    package func text(_ style: TextStyle) -> String {
        var blocks = findings.map { Self.block($0, style) }
        let counts = Finding.Severity.allCases.compactMap { severity -> String? in
            let count = findings.count { $0.severity == severity }
            return count == 0 ? nil : "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
        }
        let place =
            "in \(files) \(unit)\(files == 1 ? "" : "s")"
            + (classes == 0 && counts.isEmpty
                ? ", which hold\(files == 1 ? "s" : "") no SecretProviderClass for azure" : "")
        blocks.append(
            counts.isEmpty
                ? style("No problems found \(place).", .green)
                : style("\(counts.joined(separator: ", ")) \(place).", .bold))
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private static func block(_ finding: Finding, _ style: TextStyle) -> String {
        let colour: TextStyle.Colour =
            switch finding.severity {
            case .error: .red
            case .warning: .yellow
            case .note: .blue
            }
        let place = "\(finding.path):\(finding.position.line):\(finding.position.column)"
        var lines = [
            "\(style(place.printable, .bold)): \(style(finding.severity.rawValue, colour, .bold)): "
                + "\(finding.message.printable) \(style("[\(finding.rule)]", .dim))"
        ]
        let number = "\(finding.position.line)"
        let margin = String(repeating: " ", count: number.count)
        let shown = finding.line.printable.replacing("\t", with: " ")
        if !shown.isEmpty, shown.count <= 200 {
            lines.append(style("  \(number) | ", .dim) + shown)
            lines.append(
                style("  \(margin) | ", .dim) + String(repeating: " ", count: finding.position.column - 1)
                    + style("^", colour))
        }
        lines.append("  \(style("fix:", .green)) \(finding.fix.printable)")
        return lines.joined(separator: "\n")
    }

    package var json: JSONOutput {
        .object([
            ("files", .number(files)),
            (
                "findings",
                .array(
                    findings.map { finding in
                        .object([
                            ("rule", .text(finding.rule)), ("severity", .text(finding.severity.rawValue)),
                            ("file", .text(finding.path)), ("line", .number(finding.position.line)),
                            ("column", .number(finding.position.column)), ("object", .text(finding.subject)),
                            ("message", .text(finding.message)), ("fix", .text(finding.fix)),
                        ])
                    })
            ),
        ])
    }
}
