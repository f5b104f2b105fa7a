// Search by bytes, in place of what the standard library's `_StringProcessing` has under the same names: that one
// compares characters, which takes many times as long, and it brings the whole of the regular expressions into the
// program, 1.3 MB. The compiler prefers these where this module is imported.

extension StringProtocol {
    /// The first place of `text`, byte by byte; nil if it does not occur. An empty text is at the start.
    package func firstRange(of text: String) -> Range<Index>? {
        let (bytes, wanted) = (utf8, text.utf8)
        guard let first = wanted.first else { return startIndex..<startIndex }
        var start = bytes.startIndex
        while let candidate = bytes[start...].firstIndex(of: first) {
            var (end, rest) = (candidate, wanted.startIndex)
            while end < bytes.endIndex, rest < wanted.endIndex, bytes[end] == wanted[rest] {
                bytes.formIndex(after: &end)
                wanted.formIndex(after: &rest)
            }
            if rest == wanted.endIndex { return candidate..<end }
            start = bytes.index(after: candidate)
        }
        return nil
    }

    /// Whether `text` occurs in it, byte by byte.
    package func contains(_ text: String) -> Bool { firstRange(of: text) != nil }

    /// The text with each occurrence of `old`, from the start and without overlaps, replaced by `new`. An empty `old`
    /// occurs nowhere.
    package func replacing(_ old: String, with new: String) -> String {
        guard !old.isEmpty else { return String(self) }
        var result = ""
        var rest = self[...]
        while let range = rest.firstRange(of: old) {
            result += rest[..<range.lowerBound]
            result += new
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}
