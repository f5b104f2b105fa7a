/// Something that must hold whatever the machine's speed: a count of calls.
package struct Check: Equatable, Sendable {
    package var what: String
    package var expected: ClosedRange<Int>
    package var actual: Int

    package var holds: Bool { expected.contains(actual) }

    package init(_ what: String, _ actual: Int, is expected: ClosedRange<Int>) {
        self.what = what
        self.expected = expected
        self.actual = actual
    }

    package init(_ what: String, _ actual: Int, is expected: Int) {
        self.init(what, actual, is: expected...expected)
    }

    /// The checks that do not hold, each with its first occurrence and how many there were.
    package static func failures(_ checks: [Check]) -> [String] {
        var order: [String] = []
        var failed: [String: (first: Check, count: Int)] = [:]
        for check in checks where !check.holds {
            if failed[check.what] == nil { order.append(check.what) }
            failed[check.what, default: (check, 0)].count += 1
        }
        return order.compactMap { what in
            failed[what].map { first, count in
                let range =
                    first.expected.count == 1
                    ? "\(first.expected.lowerBound)" : "\(first.expected.lowerBound) to \(first.expected.upperBound)"
                return "\(what): \(first.actual) instead of \(range)\(count > 1 ? ", and \(count - 1) more" : "")"
            }
        }
    }
}
