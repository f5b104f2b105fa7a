/// Suggests the name that a user probably meant.
enum SpellingSuggestion {
    /// The element of `names` with the smallest edit distance to `text`, ignoring case; nil if no name is close.
    static func closest(to text: String, among names: some Sequence<String>) -> String? {
        let best = names.map { (name: $0, distance: editDistance(from: text.lowercased(), to: $0.lowercased())) }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        guard let best, best.distance <= max(2, text.count / 2) else { return nil }
        return best.name
    }

    /// An error message for the unknown name `text`, with a suggestion or the list of known names.
    /// `kind` says what the name stands for, such as `vault`.
    static func message(unknown kind: String, _ text: String, among names: [String]) -> String {
        if let suggestion = closest(to: text, among: names) {
            return "unknown \(kind) \(text); did you mean \(suggestion)?"
        }
        return "unknown \(kind) \(text); the known names are \(names.sorted().joined(separator: ", "))"
    }

    /// The Levenshtein distance: the least number of insertions, deletions and replacements.
    private static func editDistance(from source: String, to target: String) -> Int {
        let target = Array(target)
        var row = Array(0...target.count)
        for (index, character) in source.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, candidate) in target.enumerated() {
                let cost = diagonal + (character == candidate ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(cost, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[target.count]
    }
}
