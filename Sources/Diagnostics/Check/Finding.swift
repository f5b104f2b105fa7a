package import Documents

/// One mistake or probable mistake in a manifest.
package struct Finding: Sendable {
    /// The severity of a finding, from `note` to `error`.
    package enum Severity: String, Sendable, CaseIterable, Comparable {
        case error
        case warning
        /// Information that does not need a change.
        case note

        private var rank: Int { self == .error ? 2 : self == .warning ? 1 : 0 }

        package static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
    }

    /// The stable id of the rule.
    package var rule: String
    package var severity: Severity
    package var path: String
    package var position: TextSource.Position
    /// The text of the line, for display.
    package var line: String
    /// The object with the mistake, such as `SecretProviderClass team-payments/payments-keyvault`.
    package var subject: String
    package var message: String
    package var fix: String
}

extension Finding {
    /// Creates the finding for a file that cannot be read.
    package init(unreadable path: String, _ reason: String, fix: String) {
        self.init(
            rule: CheckRule.fileUnreadable.rawValue, severity: .error, path: path,
            position: TextSource.Position(line: 1, column: 1), line: "", subject: "", message: reason,
            fix: fix)
    }
}

extension Manifest {
    package var subject: String {
        name.isEmpty ? kind : "\(kind) \(namespace.map { "\($0)/" } ?? "")\(name)"
    }

    package func finding(
        _ rule: CheckRule, at node: YAMLNode?, in source: TextSource? = nil, _ message: String, fix: String
    ) -> Finding {
        finding(rule.rawValue, rule.severity, at: node?.start ?? root.start, in: source, message, fix: fix)
    }

    func finding(
        _ rule: String, _ severity: Finding.Severity, at place: TextSource.Position, in text: TextSource? = nil,
        _ message: String, fix: String
    ) -> Finding {
        let position = (text ?? source).position(line: place.line, column: place.column)
        let lines = source.lines
        return Finding(
            rule: rule, severity: severity, path: path, position: position,
            line: lines.indices.contains(position.line - 1) ? lines[position.line - 1] : "", subject: subject,
            message: message, fix: fix)
    }
}
