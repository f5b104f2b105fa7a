/// A pattern in which `*` matches any text and `?` matches one character. Matching ignores case.
struct Glob: Sendable, Equatable, CustomStringConvertible {
    /// The pattern as the user wrote it.
    let description: String
    private let pattern: [Character]

    init(_ text: String) {
        description = text
        pattern = Array(text.lowercased())
    }

    /// Whether the pattern matches the whole of `text`.
    func matches(_ text: String) -> Bool {
        let text = Array(text.lowercased())
        var (patternIndex, textIndex) = (0, 0)
        // Where to continue after a mismatch: after the last star, which then matches one more character.
        var star: (pattern: Int, text: Int)?
        while textIndex < text.count {
            if patternIndex < pattern.count, pattern[patternIndex] == "*" {
                star = (patternIndex, textIndex)
                patternIndex += 1
            } else if patternIndex < pattern.count,
                pattern[patternIndex] == "?" || pattern[patternIndex] == text[textIndex]
            {
                patternIndex += 1
                textIndex += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                (patternIndex, textIndex) = (last.pattern + 1, last.text + 1)
            } else {
                return false
            }
        }
        return pattern[patternIndex...].allSatisfy { $0 == "*" }
    }
}
