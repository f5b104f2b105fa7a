/// Finds what somebody may have meant.
enum Nearest {
    /// The one of `names` that takes the fewest changes to reach; nil if all are far off.
    static func name(to text: String, among names: some Sequence<String>) -> String? {
        let best = names.map { (name: $0, distance: distance(text.lowercased(), $0.lowercased())) }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        guard let best, best.distance <= max(2, text.count / 2) else { return nil }
        return best.name
    }

    /// What an error says of the unknown `text`.
    static func complaint(_ what: String, _ text: String, among names: [String]) -> String {
        let known = names.sorted().joined(separator: ", ")
        guard let near = name(to: text, among: names) else { return "unknown \(what) \(text); there are \(known)" }
        return "unknown \(what) \(text); did you mean \(near)?"
    }

    /// Levenshtein's.
    private static func distance(_ one: String, _ other: String) -> Int {
        let other = Array(other)
        var row = Array(0...other.count)
        for (index, character) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, candidate) in other.enumerated() {
                let cost = diagonal + (character == candidate ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(cost, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[other.count]
    }
}
