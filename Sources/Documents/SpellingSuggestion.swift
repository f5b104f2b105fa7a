internal import Budgets
internal import SecretMemory

/// Finds the known name that an unknown name was probably meant to be.
///
/// Names of more than 64 bytes do not get suggestions, and only names of similar length are compared letter by letter,
/// because users choose both the unknown name and some of the known ones.
package enum SpellingSuggestion {
    private static let maximumBytes = 64

    /// Returns the name in `names` that contains `name`, without regard to letter case and number, or else the name
    /// with the fewest different letters, at most `most`.
    package static func of(_ name: String, among names: [String], differingIn most: Int = .max) -> String? {
        guard name.utf8.count <= maximumBytes else { return nil }
        let wanted = name.lowercased()
        let stem = wanted.hasSuffix("s") ? String(wanted.dropLast()) : wanted
        if stem.count >= 4, let holder = names.first(where: { $0.lowercased().contains(stem) }) { return holder }
        return nearest(wanted, among: names, differingIn: most)
    }

    /// Returns the name in `names` that differs from `name` in so few letters that it was probably meant.
    package static func near(_ name: String, among names: [String]) -> String? {
        let count = name.utf8.count
        guard count <= maximumBytes else { return nil }
        return nearest(name.lowercased(), among: names, differingIn: max(count < 4 ? 1 : 2, count / 3))
    }

    /// Returns the first of `names` with the fewest different letters, at most `most`.
    private static func nearest(_ wanted: String, among names: [String], differingIn most: Int) -> String? {
        var best: String?
        var limit = most
        for name in names {
            guard MountBudget.spend(on: .comparing) else { return nil }
            guard name.utf8.count <= maximumBytes, limit >= 0,
                let distance = distance(wanted, name.lowercased(), upTo: limit)
            else { continue }
            best = name
            // Only a more similar name can replace this one.
            limit = distance - 1
        }
        return best
    }

    /// Returns the number of letters to insert, remove or replace (Levenshtein distance). Two names of which one has
    /// more than 64 bytes differ in all letters, unless they are equal.
    package static func distance(_ a: String, _ b: String) -> Int {
        let longest = max(a.utf8.count, b.utf8.count)
        if longest > maximumBytes { return a == b ? 0 : longest }
        return distance(a, b, upTo: longest) ?? longest
    }

    /// Returns the same number, or nil if it is above `limit` or the mount's budget is exhausted.
    private static func distance(_ a: String, _ b: String, upTo limit: Int) -> Int? {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        // The difference of the lengths is a lower bound.
        guard abs(a.count - b.count) <= limit, MountBudget.spend(steps: a.count * b.count / 8, on: .comparing) else {
            return nil
        }
        var previous = Array(0...b.count)
        var current = previous
        for (i, x) in a.enumerated() {
            current[0] = i + 1
            var least = current[0]
            for (j, y) in b.enumerated() {
                current[j + 1] = min(previous[j] + (x == y ? 0 : 1), previous[j + 1] + 1, current[j] + 1)
                least = min(least, current[j + 1])
            }
            if least > limit { return nil }
            swap(&previous, &current)
        }
        return previous[b.count] <= limit ? previous[b.count] : nil
    }
}

/// The unknown names in one document. It limits the number of names that are reported and compared with the known ones;
/// the others are counted.
package final class UnknownNames {
    package static let maximum = 20

    private var count = 0

    package init() {}

    /// The number of names that were only counted.
    package var omitted: Int { max(0, count - Self.maximum) }

    /// Records an unknown name. Returns the end of a message about it, such as `; did you mean x?`, or nil if the name
    /// is only counted.
    package func note(_ name: String, among known: [String]) -> String? {
        guard hasRoom() else { return nil }
        return SpellingSuggestion.near(name, among: known).map { "; did you mean \($0)?" } ?? ""
    }

    /// Counts an unknown name. Returns whether a suggestion for it can still be computed.
    package func hasRoom() -> Bool {
        count += 1
        return count <= Self.maximum
    }
}
