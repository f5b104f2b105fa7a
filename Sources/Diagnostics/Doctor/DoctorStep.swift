/// One condition of a mount, and the result of its check.
package struct DoctorStep: Sendable {
    package enum Status: String, Sendable {
        case passed
        /// Unusual, but mounts work.
        case warning
        case failed
    }

    /// Stable.
    package var id: String
    package var title: String
    package var status: Status
    package var detail: String
    /// Names and values that were seen; never a token or a secret.
    package var evidence: [(name: String, value: String)]
    /// The command or the setting that fixes it; empty if nothing is to be fixed.
    package var fix: String
    package var duration: Duration?

    package init(
        _ id: String, _ title: String, _ status: Status, _ detail: String,
        evidence: [(name: String, value: String)] = [], fix: String = "", duration: Duration? = nil
    ) {
        self.id = id
        self.title = title
        self.status = status
        self.detail = detail
        self.evidence = evidence
        self.fix = fix
        self.duration = duration
    }
}
