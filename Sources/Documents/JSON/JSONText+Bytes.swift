package import SecretMemory

extension JSONText {
    /// Creates a text that does not come from a document.
    package init(_ bytes: SecretBytes) {
        self.init(document: bytes, range: 0..<bytes.count, hasEscapes: false)
    }

    /// Creates a text as it would be written in a document, with JSON's escapes.
    package init(quoting text: String) {
        let quoted = Array(JSONWriter.quoted(text).utf8)
        self.init(document: SecretBytes(quoted), range: 1..<quoted.count - 1, hasEscapes: true)
    }

    /// Calls `body` with the text as written in the document, including escapes.
    package func withSource<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        document.withExposed { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Calls `body` with the decoded bytes, without a copy if the source does not have escapes. The document must be
    /// UTF-8.
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

    /// Compares two texts by code points, which is also the order of their UTF-8 bytes.
    package func precedes(_ other: JSONText) -> Bool {
        withBytes { mine in other.withBytes { theirs in mine.lexicographicallyPrecedes(theirs) } }
    }
}
