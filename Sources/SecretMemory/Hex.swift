/// Decodes and encodes hexadecimal text. Decoding accepts both letter cases.
package enum Hex {
    /// Decodes all of `bytes`. Throws if they are not hexadecimal text.
    package static func decode(_ bytes: UnsafeRawBufferPointer) throws(HexError) -> SecretBytes {
        var builder = SecretBytesBuilder(capacity: bytes.count / 2)
        var high: UInt8?
        for byte in bytes {
            let digit: UInt8
            switch byte {
            case ASCII.digits: digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw HexError.invalidByte
            }
            if let first = high {
                builder.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil else { throw HexError.oddLength }
        return builder.finish()
    }

    /// Appends `bytes` as lower-case hexadecimal text.
    package static func encode(_ bytes: UnsafeRawBufferPointer, into builder: inout SecretBytesBuilder) {
        let digits: StaticString = "0123456789abcdef"
        for byte in bytes {
            builder.append(digits.utf8Start[Int(byte >> 4)])
            builder.append(digits.utf8Start[Int(byte & 0xF)])
        }
    }
}

/// The error for text that is not hexadecimal. The messages are Go's, but without the invalid byte, which is part of a
/// secret.
package enum HexError: Error, Sendable {
    case invalidByte
    case oddLength

    package var message: String {
        switch self {
        case .invalidByte: "encoding/hex: invalid byte in the secret's value"
        case .oddLength: "encoding/hex: odd length hex string"
        }
    }
}
