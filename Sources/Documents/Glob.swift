internal import Budgets
internal import SecretMemory

/// A pattern for names, in which `*` stands for any number of characters, `?` for one character, and every other
/// character for itself.
package struct Glob: Sendable, Equatable {
    package var text: String
    /// Whether the case of ASCII letters is ignored, as in the names of Azure's resources, which have no other letters.
    var ignoresCase: Bool

    package init(_ text: String, ignoresCase: Bool) {
        self.text = text
        self.ignoresCase = ignoresCase
    }

    package static func == (a: Glob, b: Glob) -> Bool {
        a.ignoresCase == b.ignoresCase && a.text.utf8.elementsEqual(b.text.utf8)
    }

    package func matches(_ name: String) -> Bool {
        Self.matches(bytes(of: text), bytes(of: name))
    }

    /// What is compared. Bytes, because Swift takes texts for equal that only look alike.
    private func bytes(of text: String) -> [UInt8] {
        ignoresCase ? text.utf8.map { ASCII.lowercased($0) } : Array(text.utf8)
    }

    /// Whether the pattern matches at least one name that begins with `start`.
    package func matches(start: String) -> Bool {
        let pattern = bytes(of: text)
        guard MountBudget.spend(steps: (pattern.count + start.utf8.count) / 8, on: .matching) else { return false }
        /// The lengths of the pattern that can match the beginning, for each meaning of its `*`.
        var used = Set([0])
        for byte in bytes(of: start) {
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
