// Searches by bytes. These functions replace those of the standard library's `_StringProcessing` with the same names,
// which compare characters: to them, a quote with an accent on it is not a quote. They also take many times as long.
// The compiler prefers these functions in files that import this module.

extension Collection<UInt8> {
    /// Returns the range of the first occurrence of `bytes`, or nil. An empty collection occurs at the start.
    @inlinable public func firstRange(ofBytes bytes: some Collection<UInt8>) -> Range<Index>? {
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
    /// Returns the range of the first occurrence of `text`, compared by bytes, or nil. An empty text occurs at the start.
    package func firstRange(of text: String) -> Range<Index>? { utf8.firstRange(ofBytes: text.utf8) }

    /// Returns whether the text contains `text`, compared by bytes.
    package func contains(_ text: String) -> Bool { firstRange(of: text) != nil }

    /// Returns the text with each occurrence of `old` replaced by `new`, from the start and without overlaps. An empty
    /// `old` does not occur.
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
