/// A SHA-256 digest, or another code of 32 bytes, as a key of a table.
///
/// It is a plain value of 32 bytes: an array would take memory of its own for each, and would be hashed byte by byte.
package struct DigestKey: Hashable, Sendable {
    /// The number of bytes of a digest.
    package static let byteCount = 32

    private var first: UInt64
    private var second: UInt64
    private var third: UInt64
    private var fourth: UInt64

    /// 32 zeros, for what has no digest.
    package static let zero = DigestKey(first: 0, second: 0, third: 0, fourth: 0)

    private init(first: UInt64, second: UInt64, third: UInt64, fourth: UInt64) {
        (self.first, self.second, self.third, self.fourth) = (first, second, third, fourth)
    }

    /// Copies a digest, which must have 32 bytes.
    package init(_ bytes: UnsafeRawBufferPointer) {
        // No input can cause this: the callers pass results of SHA-256, which always have this size.
        precondition(bytes.count == Self.byteCount, "a digest has \(Self.byteCount) bytes, not \(bytes.count)")
        func word(_ index: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
        self.init(first: word(0), second: word(1), third: word(2), fourth: word(3))
    }
}
