/// A pattern in which `*` stands for any text and `?` for one character; letter case does not matter.
package struct Glob: Sendable, Equatable, CustomStringConvertible {
    package let description: String
    private let pattern: [Character]

    init(_ text: String) {
        description = text
        pattern = Array(text.lowercased())
    }

    func matches(_ text: String) -> Bool {
        let text = Array(text.lowercased())
        var (at, place) = (0, 0)
        // Where to go back to: the last star, and how much of the text it has swallowed.
        var star: (pattern: Int, text: Int)?
        while place < text.count {
            if at < pattern.count, pattern[at] == "*" {
                star = (at, place)
                at += 1
            } else if at < pattern.count, pattern[at] == "?" || pattern[at] == text[place] {
                at += 1
                place += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                (at, place) = (last.pattern + 1, last.text + 1)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == "*" }
    }
}
