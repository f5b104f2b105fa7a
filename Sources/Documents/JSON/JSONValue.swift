package import SecretMemory

/// A parsed JSON document whose strings are decoded only when they are read.
///
/// Requests contain tokens, and responses contain secrets. The tree therefore refers to the document's own buffer,
/// which is wiped, instead of copying from it. A string is decoded either as text, or as `SecretBytes` without ever
/// becoming a `String`.
package enum JSONValue: Sendable {
    case null
    case bool(Bool)
    /// A number, as its source text.
    case number(String)
    case string(JSONText)
    case array([JSONValue])
    case object(JSONObject)

    /// The kind of the value in the words of Go's encoding/json, which users of upstream know.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    package var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let array) = self { array } else { nil }
    }

    package var text: String? {
        if case .string(let text) = self { text.string } else { nil }
    }

    package var secret: SecretBytes? {
        if case .string(let text) = self { text.secret } else { nil }
    }

    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// An integer, written as a number or, as some Azure services do, as a string.
    package var integer: Int? {
        switch self {
        case .number(let source): Int(source) ?? Double(source).flatMap(Int.init(exactly:))
        case .string(let text): Int(text.string)
        default: nil
        }
    }
}

/// The members of a JSON object in the order of the document. For duplicate keys, the last member counts.
package struct JSONObject: Sendable {
    package var members: [(key: String, value: JSONValue)]

    package init(members: [(key: String, value: JSONValue)]) {
        self.members = members
    }

    package subscript(key: String) -> JSONValue? {
        value(under: key)
    }
}

/// A string literal of a JSON document that is not decoded yet.
package struct JSONText: Sendable {
    package let document: SecretBytes
    /// The range between the quotes.
    package let range: Range<Int>
    let hasEscapes: Bool

    package var string: String {
        guard hasEscapes else {
            return document.withExposed { String(decoding: $0[range], as: UTF8.self) }
        }
        return secret.withExposed { String(decoding: $0, as: UTF8.self) }
    }

    /// The decoded bytes. Invalid UTF-8 becomes U+FFFD, as in Go.
    package var secret: SecretBytes {
        document.withExposed { bytes in
            var builder = SecretBytesBuilder(capacity: range.count)
            if hasEscapes {
                Self.unescape(UnsafeRawBufferPointer(rebasing: bytes[range]), into: &builder)
            } else {
                builder.append(UnsafeRawBufferPointer(rebasing: bytes[range]))
            }
            let decoded = SecretBytes(builder)
            let isValid = decoded.withExposed { bytes in
                (try? UTF8Span(validating: bytes.assumingMemoryBound(to: UInt8.self).span)) != nil
            }
            return isValid ? decoded : decoded.withExposed { SecretBytes(String(decoding: $0, as: UTF8.self)) }
        }
    }

    private static func unescape(_ bytes: UnsafeRawBufferPointer, into builder: inout SecretBytesBuilder) {
        var index = 0
        while index < bytes.count {
            // Bytes between two escapes are copied together.
            let rest = UnsafeRawBufferPointer(rebasing: bytes[index...])
            let plain = rest.firstIndex(of: UInt8(ascii: "\\")) ?? rest.count
            guard index + plain + 1 < bytes.count else { return builder.append(rest) }
            builder.append(UnsafeRawBufferPointer(rebasing: rest[..<plain]))
            index += plain + 2
            switch bytes[index - 1] {
            case UInt8(ascii: "b"): builder.append(0x08)
            case UInt8(ascii: "f"): builder.append(0x0C)
            case UInt8(ascii: "n"): builder.append(0x0A)
            case UInt8(ascii: "r"): builder.append(0x0D)
            case UInt8(ascii: "t"): builder.append(0x09)
            case UInt8(ascii: "u"):
                let (scalar, length) = unicodeEscape(bytes, at: index)
                builder.append(contentsOf: String(Character(scalar)).utf8)
                index += length
            case let other: builder.append(other)
            }
        }
    }

    /// Returns the scalar whose hexadecimal digits begin at `index`, and the number of bytes it takes. Half of a
    /// surrogate pair becomes U+FFFD, as in Go.
    private static func unicodeEscape(_ bytes: UnsafeRawBufferPointer, at index: Int) -> (Unicode.Scalar, Int) {
        guard let first = hex4(bytes, at: index) else { return ("\u{FFFD}", 0) }
        if let scalar = Unicode.Scalar(first) { return (scalar, 4) }
        if first < 0xDC00, index + 10 <= bytes.count, bytes[index + 4] == UInt8(ascii: "\\"),
            bytes[index + 5] == UInt8(ascii: "u"), let second = hex4(bytes, at: index + 6),
            (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        {
            return (scalar, 10)
        }
        return ("\u{FFFD}", 4)
    }

    private static func hex4(_ bytes: UnsafeRawBufferPointer, at index: Int) -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for offset in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[index + offset])).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
