/// One way in which a service misbehaves, the calls that it affects, and how often it does so.
///
/// A call matches a fault if its service, path and method do. A fault strikes a call if the call matches and
/// the fault's schedule (`count`, `pattern`, `probability`, `at`, `duration`, `period`) selects it.
package struct Fault: Sendable {
    /// The form of the header `Retry-After`.
    enum Notation: String, CaseIterable, Sendable {
        case seconds
        case date
        case milliseconds = "retry-after-ms"
        case vendorMilliseconds = "x-ms-retry-after-ms"
    }

    enum Clock: String, CaseIterable, Sendable {
        /// The emulator's clock, which tests can move.
        case emulator
        /// The machine's monotonic clock.
        case real
    }

    var kind: Kind
    var target = FaultTarget.any
    /// The path of the URL, without slashes at the end.
    var path: Glob?
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    var method: String?
    /// The number of calls after which the fault is spent.
    var count: Int?
    /// For each matching call `x` if the fault strikes and `.` if it does not. Then the fault is spent.
    var pattern: [Character]?
    /// The probability with which the fault strikes a matching call.
    var probability = 1.0
    /// The seed of the random numbers for `probability`.
    var seed: UInt64 = 1
    /// The clock for `at`, `duration` and `period`.
    var clock = Clock.emulator
    /// The time from the setting of the fault until it starts.
    var at = Duration.zero
    /// The time from each start until the next one.
    var period: Duration?
    /// The time from each start until the fault ends.
    var duration: Duration?

    // The fields that only some kinds use.
    var delay = Duration.milliseconds(100)
    var status: Int?
    var retryAfter: Duration?
    var notation = Notation.seconds
    var host: String?
    var size: Int?
    var skew = Duration.seconds(600)

    init(_ kind: Kind) {
        self.kind = kind
        // A new federated credential reaches Entra's front ends one after the other: it is refused, accepted
        // and refused again.
        if kind == .propagation { pattern = Array("x.x") }
    }

    /// A fault from the arguments of the command line: its kind, then `key=value` pairs.
    package init(words: [String]) throws {
        var fields: [String: String] = [:]
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let (key, value) = parts.count == 2 ? (parts[0], parts[1]) : ("kind", parts[0])
            guard fields.updateValue(value, forKey: key) == nil else { throw EmulatorError("\(key) is given twice") }
        }
        try self.init(fields: fields)
    }
}
