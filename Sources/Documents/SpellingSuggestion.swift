/// Finds what was probably meant by a name that does not exist.
package enum SpellingSuggestion {
    /// Of `names` the one that holds `name`, in any letter case and number, else the one with the fewest
    /// differing letters, of which there may be `most`.
    package static func of(_ name: String, among names: [String], differingIn most: Int = .max) -> String? {
        let wanted = name.lowercased()
        let stem = wanted.hasSuffix("s") ? String(wanted.dropLast()) : wanted
        if stem.count >= 4, let holder = names.first(where: { $0.lowercased().contains(stem) }) { return holder }
        let candidates = names.map { ($0, distance(wanted, $0.lowercased())) }
        guard let best = candidates.min(by: { $0.1 < $1.1 }), best.1 <= most else { return nil }
        return best.0
    }

    /// The one of `names` that differs from `name` in so few letters that it was probably meant.
    package static func near(_ name: String, among names: [String]) -> String? {
        let candidates = names.map { ($0, distance(name.lowercased(), $0.lowercased())) }
        guard let best = candidates.min(by: { $0.1 < $1.1 }),
            best.1 <= max(name.utf8.count < 4 ? 1 : 2, name.utf8.count / 3)
        else { return nil }
        return best.0
    }

    /// How many letters have to be put in, taken out or replaced (Levenshtein).
    package static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a.utf8.prefix(64)), Array(b.utf8))
        var previous = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var current = [i + 1]
            for (j, y) in b.enumerated() {
                current.append(min(previous[j] + (x == y ? 0 : 1), previous[j + 1] + 1, current[j] + 1))
            }
            previous = current
        }
        return previous[b.count]
    }
}
