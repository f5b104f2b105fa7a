/// An expected request count, which does not depend on the machine's speed.
package struct Check: Equatable, Sendable {
    package var name: String
    package var expected: ClosedRange<Int>
    package var actual: Int

    package var holds: Bool { expected.contains(actual) }

    package init(_ name: String, _ actual: Int, is expected: ClosedRange<Int>) {
        self.name = name
        self.expected = expected
        self.actual = actual
    }

    package init(_ name: String, _ actual: Int, is expected: Int) {
        self.init(name, actual, is: expected...expected)
    }

    /// Describes the checks that do not hold. Checks of the same name are one entry, with the first wrong count and the
    /// number of the others.
    package static func failures(_ checks: [Check]) -> [String] {
        var order: [String] = []
        var failed: [String: (first: Check, count: Int)] = [:]
        for check in checks where !check.holds {
            if failed[check.name] == nil { order.append(check.name) }
            failed[check.name, default: (check, 0)].count += 1
        }
        return order.compactMap { name in
            failed[name].map { first, count in
                let range =
                    first.expected.count == 1
                    ? "\(first.expected.lowerBound)" : "\(first.expected.lowerBound) to \(first.expected.upperBound)"
                return "\(name): \(first.actual) instead of \(range)\(count > 1 ? ", and \(count - 1) more" : "")"
            }
        }
    }
}
