/// Finds what was probably meant by a name that does not exist.
package enum NearestName {
    /// Of `names` the one that holds `name`, in any letter case and number, else the one with the fewest
    /// differing letters.
    package static func of(_ name: String, among names: [String]) -> String? {
        let wanted = name.lowercased()
        let stem = wanted.hasSuffix("s") ? String(wanted.dropLast()) : wanted
        if stem.count >= 4, let holder = names.first(where: { $0.lowercased().contains(stem) }) { return holder }
        return names.min { distance(wanted, $0.lowercased()) < distance(wanted, $1.lowercased()) }
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
