package import Documents

/// One thing that is wrong, or probably not meant, in a manifest.
package struct Finding: Sendable {
    package enum Severity: String, Sendable, CaseIterable, Comparable {
        case error
        case warning
        /// Worth knowing, nothing to fix.
        case note

        private var rank: Int { self == .error ? 2 : self == .warning ? 1 : 0 }

        package static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
    }

    /// The rule's stable id.
    package var rule: String
    package var severity: Severity
    package var path: String
    package var position: TextSource.Position
    /// The line itself, for showing.
    package var line: String
    /// Such as `SecretProviderClass team-payments/payments-keyvault`.
    package var subject: String
    package var message: String
    package var fix: String
}

extension Finding {
    /// A file that cannot be read.
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
