/// Finds what was probably meant by a name that does not exist.
package enum Spelling {
    /// The only one of `names` that begins with `word`, else the one that differs from it in the fewest letters, at most
    /// a third of them. Two letters in the wrong order count once.
    package static func nearest(to word: String, among names: [String]) -> String? {
        let wanted = word.lowercased()
        let completed = names.filter { $0.hasPrefix(wanted) }
        if completed.count == 1, wanted.count > 1 { return completed[0] }
        let best = names.map { (name: $0, distance: distance(wanted, $0.lowercased())) }.min {
            $0.distance < $1.distance
        }
        guard let best, best.distance <= max(1, wanted.count / 3) else { return nil }
        return best.name
    }

    /// How many letters have to be inserted, removed, replaced, or swapped with the next one.
    private static func distance(_ a: String, _ b: String) -> Int {
        // Longer words are not names of commands or options.
        let (a, b) = (Array(a.prefix(100)), Array(b))
        var rows = [Array(0...b.count)]
        for i in 1..<(a.count + 1) {
            var row = [i]
            for j in 1..<(b.count + 1) {
                var least = min(rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), rows[i - 1][j] + 1, row[j - 1] + 1)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    least = min(least, rows[i - 2][j - 2] + 1)
                }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
