/// Finds the known name that an unknown name was probably meant to be.
package enum Spelling {
    /// Returns the name in `names` that begins with `word`, if it is the only one, or else the name with the fewest
    /// different letters, at most a third of them. Two swapped letters count as one difference.
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

    /// Returns the number of letters to insert, remove, replace, or swap with the next one.
    private static func distance(_ a: String, _ b: String) -> Int {
        // Names of commands and options are not longer than this.
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
