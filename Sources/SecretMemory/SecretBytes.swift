internal import Glibc

/// Bytes that must not be visible: a secret's value, a token or a private key. All members can be used from any thread.
///
/// The buffer is overwritten when its last reference is released. Every textual form, such as interpolation,
/// `String(reflecting:)` and `dump`, shows only the word "redacted", even inside another type. Copies that other code
/// makes, such as those in a TLS library, cannot be wiped.
public final class SecretBytes: Sendable {
    // The storage is never written after initialisation, so any thread can read it.
    @usableFromInline nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer

    /// Moves the content of `builder` into a buffer of its exact size, and wipes the builder.
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

    /// Calls `body` with the bytes, which are valid only during the call. Access is possible only through this
    /// function, so that a search for its name finds every use.
    @inlinable public func withExposed<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // The bytes are wiped with the last reference, which must not go before `body` ends, also where this is inlined.
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(storage))
    }

    /// Compares the bytes in a time that depends only on the lengths.
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

/// Builds a secret step by step and wipes each buffer that it outgrows.
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
        // Contiguous bytes are copied together.
        let isDone: Void? = bytes.withContiguousStorageIfAvailable { append(UnsafeRawBufferPointer($0)) }
        if isDone == nil { for byte in bytes { append(byte) } }
    }

    package mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Moves the content into a new `SecretBytes` and leaves the builder empty.
    package mutating func finish() -> SecretBytes {
        var other = SecretBytesBuilder()
        swap(&self, &other)
        return SecretBytes(other)
    }

    fileprivate consuming func takeStorage() -> UnsafeMutableRawBufferPointer {
        // The buffer has the exact size, so that unused bytes cannot contain an earlier value.
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
