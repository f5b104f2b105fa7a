internal import Budgets
internal import SecretMemory

/// Finds what was probably meant by a name that does not exist.
///
/// Names of more than 64 bytes resemble none, and only names of similar length are compared letter by letter, because
/// users choose both the name and what it is compared with.
package enum SpellingSuggestion {
    private static let maximumBytes = 64

    /// Of `names` the one that holds `name`, in any letter case and number, else the one with the fewest
    /// differing letters, of which there may be `most`.
    package static func of(_ name: String, among names: [String], differingIn most: Int = .max) -> String? {
        guard name.utf8.count <= maximumBytes else { return nil }
        let wanted = name.lowercased()
        let stem = wanted.hasSuffix("s") ? String(wanted.dropLast()) : wanted
        if stem.count >= 4, let holder = names.first(where: { $0.lowercased().contains(stem) }) { return holder }
        return nearest(wanted, among: names, differingIn: most)
    }

    /// The one of `names` that differs from `name` in so few letters that it was probably meant.
    package static func near(_ name: String, among names: [String]) -> String? {
        let count = name.utf8.count
        guard count <= maximumBytes else { return nil }
        return nearest(name.lowercased(), among: names, differingIn: max(count < 4 ? 1 : 2, count / 3))
    }

    /// The first of `names` with the fewest differing letters, at most `most`.
    private static func nearest(_ wanted: String, among names: [String], differingIn most: Int) -> String? {
        var best: String?
        var limit = most
        for name in names {
            guard MountBudget.spend(on: .comparing) else { return nil }
            guard name.utf8.count <= maximumBytes, limit >= 0,
                let distance = distance(wanted, name.lowercased(), upTo: limit)
            else { continue }
            best = name
            // Only a nearer one takes its place.
            limit = distance - 1
        }
        return best
    }

    /// How many letters have to be put in, taken out or replaced (Levenshtein). Names of more than 64 bytes differ in
    /// all their letters, unless they are equal.
    package static func distance(_ a: String, _ b: String) -> Int {
        let longest = max(a.utf8.count, b.utf8.count)
        if longest > maximumBytes { return a == b ? 0 : longest }
        return distance(a, b, upTo: longest) ?? longest
    }

    /// The same; nil if there are more than `limit`, or if the budget of the mount is exhausted.
    private static func distance(_ a: String, _ b: String, upTo limit: Int) -> Int? {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        // Each letter that one has more is one to take out.
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

/// The unknown names of one document. It bounds how many of them are reported and compared with the known ones; the
/// others are counted.
package final class UnknownNames {
    package static let maximum = 20

    private var count = 0

    package init() {}

    /// How many names were only counted.
    package var omitted: Int { max(0, count - Self.maximum) }

    /// Notes an unknown name. Returns the end of a message about it, such as `; did you mean x?`, or nil for a name that
    /// is only counted.
    package func note(_ name: String, among known: [String]) -> String? {
        guard hasRoom() else { return nil }
        return SpellingSuggestion.near(name, among: known).map { "; did you mean \($0)?" } ?? ""
    }

    /// Counts an unknown name. Returns whether there is room to look for what was meant by it.
    package func hasRoom() -> Bool {
        count += 1
        return count <= Self.maximum
    }
}
