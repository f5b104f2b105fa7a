internal import AsyncSupport
package import Documents
internal import SecretMemory

/// The steps of one run, and the verdict and the fix that result from them.
package struct DoctorReport: Sendable {
    package var subject: String
    package var steps: [DoctorStep]

    init(_ subject: Doctor.Subject, _ steps: [DoctorStep]) {
        self.subject =
            "\(subject.parsedClass.manifest.subject) for system:serviceaccount:\(subject.namespace):\(subject.serviceAccount)"
        self.steps = steps
    }

    /// The failed step with the lowest rank, the first of several. The other failures are usually consequences of it.
    package var cause: DoctorStep? { causes.first }

    /// The cause. If it is an object, all other objects that failed are causes too, because objects do not depend on
    /// each other.
    private var causes: [DoctorStep] {
        let failed = steps.filter { $0.status == .failed }
        guard let rank = failed.map(\.rank).min() else { return [] }
        let causes = failed.filter { $0.rank == rank }
        return rank == .object ? causes : Array(causes.prefix(1))
    }

    package var verdict: String {
        if let cause {
            let others = causes.dropFirst().map(\.title)
            let rest = others.isEmpty ? "" : "; these fail too: \(others.joined(separator: ", "))"
            return "\(cause.title): \(cause.detail)\(rest)"
        }
        return warnings.isEmpty
            ? "The mount works."
            : "The mount works, but: " + warnings.map { "\($0.title): \($0.detail)" }.joined(separator: "; ")
    }

    /// The fix of the cause. Without a cause, it consists of the fixes of all warnings, because they are independent.
    package var fix: String {
        var fixes: [String] = []
        for step in cause == nil ? warnings : causes where !step.fix.isEmpty && !fixes.contains(step.fix) {
            fixes.append(step.fix)
        }
        return fixes.joined(separator: "; ")
    }

    private var warnings: [DoctorStep] { steps.filter { $0.status == .warning } }

    package func text(_ style: TextStyle) -> String {
        var lines = [style(subject.printable, .bold)]
        let width = steps.map(\.title.count).max() ?? 0
        for step in steps {
            let sign =
                switch step.status {
                case .passed: style("ok  ", .green)
                case .warning: style("warn", .yellow)
                case .failed: style("FAIL", .red, .bold)
                }
            let title = step.title.printable
            let duration = step.duration.map { style("  \($0.millisecondsText)", .dim) } ?? ""
            let padding = String(repeating: " ", count: max(0, width - step.title.count))
            lines.append("\(sign)  \(title)\(padding)  \(step.detail.printable)\(duration)")
            for (name, value) in step.evidence where step.status != .passed || step.id == "token-given" {
                lines.append(style("      \(name): \(value.printable)", .dim))
            }
        }
        lines.append("")
        lines.append(style(verdict.printable, cause == nil ? .green : .red, .bold))
        if !fix.isEmpty { lines.append("\(style("To fix:", .green)) \(fix.printable)") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Returns the report for input that cannot be examined.
    package static func json(failure: String) -> JSONOutput {
        .object([
            ("subject", .text("")), ("works", .bool(false)), ("verdict", .text(failure)), ("fix", .text("")),
            ("cause", .text("input")), ("steps", .array([])),
        ])
    }

    package var json: JSONOutput {
        .object([
            ("subject", .text(subject)),
            ("works", .bool(cause == nil)),
            ("verdict", .text(verdict)),
            ("fix", .text(fix)),
            ("cause", .optional(cause?.id)),
            (
                "steps",
                .array(
                    steps.map { step in
                        .object([
                            ("id", .text(step.id)), ("title", .text(step.title)),
                            ("status", .text(step.status.rawValue)),
                            ("detail", .text(step.detail)),
                            ("evidence", .object(step.evidence.map { ($0.name, .text($0.value)) })),
                            ("fix", .text(step.fix)),
                            ("microseconds", step.duration.map { .number(Int($0.wholeMicroseconds)) } ?? .null),
                        ])
                    })
            ),
        ])
    }
}

extension Duration {
    fileprivate var millisecondsText: String { "\(wholeMicroseconds / 1000).\(wholeMicroseconds / 100 % 10) ms" }
}
