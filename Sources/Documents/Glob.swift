internal import Budgets

/// A pattern for names, in which `*` stands for any number of characters, `?` for one character, and every other
/// character for itself.
package struct Glob: Sendable, Equatable {
    package var text: String
    /// Whether letter case is ignored, as in the names of Azure's resources.
    var ignoresCase: Bool

    package init(_ text: String, ignoresCase: Bool) {
        self.text = text
        self.ignoresCase = ignoresCase
    }

    package func matches(_ name: String) -> Bool {
        ignoresCase
            ? Self.matches(Array(text.lowercased().utf8), Array(name.lowercased().utf8))
            : Self.matches(Array(text.utf8), Array(name.utf8))
    }

    /// Whether the pattern matches at least one name that begins with `start`.
    package func matches(start: String) -> Bool {
        let pattern = Array((ignoresCase ? text.lowercased() : text).utf8)
        guard MountBudget.spend(steps: (pattern.count + start.utf8.count) / 8, on: .matching) else { return false }
        /// The lengths of the pattern that can match the beginning, for each meaning of its `*`.
        var used = Set([0])
        for byte in (ignoresCase ? start.lowercased() : start).utf8 {
            var next: Set<Int> = []
            guard MountBudget.spend(steps: used.count, on: .matching) else { return false }
            for var index in used {
                while index < pattern.count, pattern[index] == UInt8(ascii: "*") {
                    next.insert(index)
                    index += 1
                }
                if index < pattern.count, pattern[index] == UInt8(ascii: "?") || pattern[index] == byte {
                    next.insert(index + 1)
                }
            }
            used = next
        }
        return !used.isEmpty
    }

    /// Returns only to the last `*`, so that the time is limited by the product of the lengths.
    private static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        var p = 0
        var n = 0
        var star: (pattern: Int, name: Int)?
        var uncounted = (pattern.count + name.count) / 8
        while n < name.count {
            uncounted += 1
            if uncounted >= 1024 {
                guard MountBudget.spend(steps: uncounted / 8, on: .matching) else { return false }
                uncounted = 0
            }
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                star = (p, n)
                p += 1
            } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == name[n] {
                p += 1
                n += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                p = last.pattern + 1
                n = last.name + 1
            } else {
                return false
            }
        }
        guard MountBudget.spend(steps: uncounted / 8, on: .matching) else { return false }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
