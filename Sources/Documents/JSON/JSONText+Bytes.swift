package import SecretMemory

extension JSONText {
    /// A text that no document holds.
    package init(_ bytes: SecretBytes) {
        self.init(document: bytes, range: 0..<bytes.count, hasEscapes: false)
    }

    /// `text` as a document would write it, with escapes where JSON needs them.
    package init(quoting text: String) {
        let quoted = Array(JSONWriter.quoted(text).utf8)
        self.init(document: SecretBytes(quoted), range: 1..<quoted.count - 1, hasEscapes: true)
    }

    /// Lends the text as it is written in the document, escapes included.
    package func withSource<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        document.withExposed { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Lends the decoded bytes, without a copy where the source has no escapes. The document must be UTF-8.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard !hasEscapes else { return try secret.withExposed(body) }
        return try document.withExposed { bytes throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }

    package var isEmpty: Bool { range.isEmpty }

    package func hasSameBytes(as other: JSONText) -> Bool {
        withBytes { mine in other.withBytes { theirs in mine.elementsEqual(theirs) } }
    }

    /// The order of code points, which is that of UTF-8's bytes.
    package func precedes(_ other: JSONText) -> Bool {
        withBytes { mine in other.withBytes { theirs in mine.lexicographicallyPrecedes(theirs) } }
    }
}
