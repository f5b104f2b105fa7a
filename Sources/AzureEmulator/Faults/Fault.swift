/// One way in which a service is to misbehave, to whom, and how often.
package struct Fault: Sendable {
    /// How `Retry-After` is written.
    enum Notation: String, CaseIterable, Sendable {
        case seconds
        case date
        case milliseconds = "retry-after-ms"
        case vendorMilliseconds = "x-ms-retry-after-ms"
    }

    enum Clock: String, CaseIterable, Sendable {
        /// The emulator's own, which can be moved.
        case emulator
        /// The machine's, which never goes back.
        case real
    }

    var kind: Kind
    var target = FaultTarget.any
    /// Of the URL, without slashes at its end.
    var path: Glob?
    /// `GET`, `POST` or `PUT`.
    var method: String?
    /// Strikes at most so often.
    var count: Int?
    /// For each matching call `x` to strike or `.` to let pass; afterwards the fault is spent.
    var pattern: [Character]?
    var probability = 1.0
    /// Of the dice that `probability` throws.
    var seed: UInt64 = 1
    /// By which `at`, `for` and `every` go.
    var clock = Clock.emulator
    /// Begins that long after it was set.
    var at = Duration.zero
    /// Begins again that long after each time it began.
    var period: Duration?
    /// Ends that long after it began.
    var duration: Duration?

    // What the kinds need.
    var delay = Duration.milliseconds(100)
    var status: Int?
    var retryAfter: Duration?
    var notation = Notation.seconds
    var host: String?
    var size: Int?
    var skew = Duration.seconds(600)

    init(_ kind: Kind) {
        self.kind = kind
        // A federated credential that has not reached every front end refuses, works, and refuses again.
        if kind == .propagation { pattern = Array("x.x") }
    }

    /// A fault from the words of the command line: its kind, then `key=value`.
    package init(words: [String]) throws {
        var fields: [String: String] = [:]
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let (key, value) = parts.count == 2 ? (parts[0], parts[1]) : ("kind", parts[0])
            guard fields.updateValue(value, forKey: key) == nil else {
                throw Seed.Invalid(description: "\(key) is given twice")
            }
        }
        try self.init(fields: fields)
    }
}
