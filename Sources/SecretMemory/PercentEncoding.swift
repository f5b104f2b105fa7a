extension String {
    /// Every byte but RFC 3986's unreserved ones as `%XX`, so that the text stays one path segment or
    /// one form value whatever it holds.
    package var percentEncoded: String {
        var text = self
        return text.withUTF8 { bytes in
            var builder = SecretBytesBuilder(capacity: bytes.count)
            PercentEncoding.encode(UnsafeRawBufferPointer(bytes), into: &builder)
            return builder.finish().withExposed { String(decoding: $0, as: UTF8.self) }
        }
    }
}

package enum PercentEncoding {
    /// Appends `bytes` as a part of a URL.
    package static func encode(_ bytes: UnsafeRawBufferPointer, into builder: inout SecretBytesBuilder) {
        // What lies between two reserved bytes is copied in one piece; a token has none.
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

/// An `application/x-www-form-urlencoded` body that may hold credentials.
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
