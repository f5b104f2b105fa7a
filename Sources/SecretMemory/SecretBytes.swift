internal import Glibc

/// Bytes that must not be seen: a secret's value, a token, a private key.
///
/// The buffer is overwritten when the last reference goes, and no rendering shows more than the word
/// "redacted": not interpolation, not `String(reflecting:)`, not `dump`, and none of them inside
/// another type. What cannot be wiped are copies made outside, such as those in a TLS library.
public final class SecretBytes: Sendable {
    // Never written after initialisation, so it may be read from anywhere.
    @usableFromInline nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer

    /// Takes over `builder`'s content.
    package init(_ builder: consuming SecretBytesBuilder) {
        storage = builder.takeStorage()
    }

    package convenience init(copying bytes: UnsafeRawBufferPointer) {
        var builder = SecretBytesBuilder(capacity: bytes.count)
        builder.append(bytes)
        self.init(builder)
    }

    package convenience init(_ bytes: some Sequence<UInt8>) {
        var builder = SecretBytesBuilder(capacity: bytes.underestimatedCount)
        builder.append(contentsOf: bytes)
        self.init(builder)
    }

    package convenience init(_ text: String) {
        self.init(text.utf8)
    }

    deinit {
        SecretBytesBuilder.wipe(storage)
    }

    package var count: Int { storage.count }
    package var isEmpty: Bool { storage.isEmpty }

    /// Lends the bytes. The only way to them, so that a search for this name finds every use.
    @inlinable public func withExposed<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(storage))
    }

    /// Compares in a time that depends on the lengths only.
    package func hasSameBytes(as other: SecretBytes) -> Bool {
        guard count == other.count else { return false }
        var difference: UInt8 = 0
        for index in 0..<count { difference |= storage[index] ^ other.storage[index] }
        return difference == 0
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// Grows a secret without leaving copies of it behind.
package struct SecretBytesBuilder: ~Copyable {
    private var storage: UnsafeMutableRawBufferPointer
    package private(set) var count = 0

    package init(capacity: Int = 64) {
        storage = .allocate(byteCount: max(capacity, 16), alignment: 1)
    }

    deinit {
        Self.wipe(storage)
    }

    package mutating func append(_ byte: UInt8) {
        reserve(1)
        storage[count] = byte
        count += 1
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        reserve(bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: storage[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    package mutating func append(contentsOf bytes: some Sequence<UInt8>) {
        // What lies in one piece is copied in one piece.
        let isDone: Void? = bytes.withContiguousStorageIfAvailable { append(UnsafeRawBufferPointer($0)) }
        if isDone == nil { for byte in bytes { append(byte) } }
    }

    package mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Moves the content out and leaves the builder empty.
    package mutating func finish() -> SecretBytes {
        var other = SecretBytesBuilder()
        swap(&self, &other)
        return SecretBytes(other)
    }

    fileprivate consuming func takeStorage() -> UnsafeMutableRawBufferPointer {
        // The exact size, so that no spare byte hides an earlier value.
        let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        exact.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<count]))
        return exact
    }

    private mutating func reserve(_ additional: Int) {
        guard count + additional > storage.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(storage.count * 2, count + additional), alignment: 1)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<count]))
        Self.wipe(storage)
        storage = larger
    }

    fileprivate static func wipe(_ buffer: UnsafeMutableRawBufferPointer) {
        if let base = buffer.baseAddress { explicit_bzero(base, buffer.count) }
        buffer.deallocate()
    }
}
