// Search by bytes, in place of what the standard library's `_StringProcessing` has under the same names: that one
// compares characters, which takes many times as long, and it brings the whole of the regular expressions into the
// program, 1.3 MB. The compiler prefers these where this module is imported.

extension BidirectionalCollection<UInt8> {
    /// The first place of `bytes`; nil if they do not occur. No bytes are at the start.
    @inlinable public func firstRange(of bytes: some BidirectionalCollection<UInt8>) -> Range<Index>? {
        guard let first = bytes.first else { return startIndex..<startIndex }
        var start = startIndex
        while let candidate = self[start...].firstIndex(of: first) {
            var (end, rest) = (candidate, bytes.startIndex)
            while end < endIndex, rest < bytes.endIndex, self[end] == bytes[rest] {
                formIndex(after: &end)
                bytes.formIndex(after: &rest)
            }
            if rest == bytes.endIndex { return candidate..<end }
            start = index(after: candidate)
        }
        return nil
    }
}

extension StringProtocol {
    /// The first place of `text`, byte by byte; nil if it does not occur. An empty text is at the start.
    package func firstRange(of text: String) -> Range<Index>? { utf8.firstRange(of: text.utf8) }

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
