extension String {
    /// The text with every byte as `%XX` that is not unreserved in RFC 3986, so that it is always one path segment or
    /// one form value.
    package var percentEncoded: String {
        var text = self
        return text.withUTF8 { bytes in
            var builder = SecretBytesBuilder(capacity: bytes.count)
            PercentEncoding.encode(UnsafeRawBufferPointer(bytes), into: &builder)
            return builder.finish().withExposed { String(decoding: $0, as: UTF8.self) }
        }
    }
}

/// Percent-encodes bytes of secrets.
package enum PercentEncoding {
    /// Appends `bytes`, percent-encoded as part of a URL.
    package static func encode(_ bytes: UnsafeRawBufferPointer, into builder: inout SecretBytesBuilder) {
        // Bytes between two reserved ones are copied together. A token usually has no reserved bytes.
        var start = 0
        for index in bytes.indices where !isUnreserved(bytes[index]) {
            builder.append(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
            builder.append(UInt8(ascii: "%"))
            builder.append(digit(bytes[index] >> 4))
            builder.append(digit(bytes[index] & 0xF))
            start = index + 1
        }
        builder.append(UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case ASCII.lowercase, ASCII.uppercase, ASCII.digits, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "A") - 10)
    }
}

/// The body of an `application/x-www-form-urlencoded` request, which can contain credentials.
package struct FormBody: ~Copyable {
    private var builder = SecretBytesBuilder(capacity: 2048)

    package init() {}

    package mutating func add(_ name: String, _ value: String) {
        begin(name)
        var value = value
        value.withUTF8 { PercentEncoding.encode(UnsafeRawBufferPointer($0), into: &builder) }
    }

    package mutating func add(_ name: String, _ value: SecretBytes) {
        begin(name)
        value.withExposed { PercentEncoding.encode($0, into: &builder) }
    }

    package mutating func finish() -> SecretBytes { builder.finish() }

    private mutating func begin(_ name: String) {
        if builder.count > 0 { builder.append(UInt8(ascii: "&")) }
        builder.append(contentsOf: name.utf8)
        builder.append(UInt8(ascii: "="))
    }
}
