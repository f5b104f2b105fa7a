/// Decodes and encodes base64 with buffers that are wiped.
package enum Base64 {
    /// The alphabets of base64.
    package enum Alphabet: Sendable {
        /// The alphabet of RFC 4648, section 4, with padding; line breaks are ignored, as in Go.
        case standard
        /// The alphabet of RFC 4648, section 5, without padding.
        case url
    }

    /// Returns the decoded bytes, or nil for malformed input.
    package static func decode(_ bytes: UnsafeRawBufferPointer, alphabet: Alphabet) -> SecretBytes? {
        switch decoding(bytes, alphabet: alphabet) {
        case .success(let decoded): decoded
        case .failure: nil
        }
    }

    /// Decodes like Go's encoding/base64, and reports the same offset in an error.
    package static func decoding(
        _ bytes: UnsafeRawBufferPointer, alphabet: Alphabet
    ) -> Result<SecretBytes, Base64Error> {
        var builder = SecretBytesBuilder(capacity: bytes.count / 4 * 3 + 3)
        var group: UInt32 = 0
        var digits = 0
        var index = appendWholeGroups(bytes, values(alphabet), &builder)
        while index < bytes.count {
            let byte = bytes[index]
            if alphabet == .standard, byte == 0x0A || byte == 0x0D {
                index += 1
                continue
            }
            if byte == UInt8(ascii: "="), alphabet == .standard {
                return finishPadded(bytes, at: index, digits: digits, group: group, &builder)
            }
            let value = values(alphabet)[Int(byte)]
            guard value != invalid else { return .failure(Base64Error(offset: index)) }
            group = group << 6 | UInt32(value)
            digits += 1
            if digits == 4 {
                builder.append(UInt8(truncatingIfNeeded: group >> 16))
                builder.append(UInt8(truncatingIfNeeded: group >> 8))
                builder.append(UInt8(truncatingIfNeeded: group))
                (group, digits) = (0, 0)
            }
            index += 1
        }
        switch (digits, alphabet) {
        case (0, _): break
        case (2, .url), (3, .url): appendPartial(group, digits, &builder)
        default: return .failure(Base64Error(offset: index - digits))
        }
        return .success(SecretBytes(builder))
    }

    /// Decodes groups of four digits, up to the first group that has another byte, and returns its index.
    private static func appendWholeGroups(
        _ bytes: UnsafeRawBufferPointer, _ values: [UInt8], _ builder: inout SecretBytesBuilder
    ) -> Int {
        values.withUnsafeBufferPointer { values in
            var index = 0
            while index + 4 <= bytes.count {
                let digits = (
                    values[Int(bytes[index])], values[Int(bytes[index + 1])], values[Int(bytes[index + 2])],
                    values[Int(bytes[index + 3])]
                )
                guard digits.0 | digits.1 | digits.2 | digits.3 < 64 else { break }
                builder.append(digits.0 << 2 | digits.1 >> 4)
                builder.append(digits.1 << 4 | digits.2 >> 2)
                builder.append(digits.2 << 6 | digits.3)
                index += 4
            }
            return index
        }
    }

    private static func finishPadded(
        _ bytes: UnsafeRawBufferPointer, at start: Int, digits: Int, group: UInt32,
        _ builder: inout SecretBytesBuilder
    ) -> Result<SecretBytes, Base64Error> {
        func skipBreaks(_ index: Int) -> Int {
            var index = index
            while index < bytes.count, bytes[index] == 0x0A || bytes[index] == 0x0D { index += 1 }
            return index
        }
        guard digits >= 2 else { return .failure(Base64Error(offset: start)) }
        var index = start + 1
        if digits == 2 {
            index = skipBreaks(index)
            guard index < bytes.count else { return .failure(Base64Error(offset: bytes.count)) }
            guard bytes[index] == UInt8(ascii: "=") else { return .failure(Base64Error(offset: index - 1)) }
            index += 1
        }
        index = skipBreaks(index)
        guard index == bytes.count else { return .failure(Base64Error(offset: index)) }
        appendPartial(group, digits, &builder)
        let finished = builder.finish()
        return .success(finished)
    }

    private static func appendPartial(_ group: UInt32, _ digits: Int, _ builder: inout SecretBytesBuilder) {
        let bits = digits == 2 ? group << 12 : group << 6
        builder.append(UInt8(truncatingIfNeeded: bits >> 16))
        if digits == 3 { builder.append(UInt8(truncatingIfNeeded: bits >> 8)) }
    }

    /// The value of bytes that are not digits. The values of digits are below 64.
    private static let invalid: UInt8 = 0xFF

    /// Returns the value of each byte as a digit.
    private static func values(_ alphabet: Alphabet) -> [UInt8] {
        switch alphabet {
        case .standard: standardValues
        case .url: urlValues
        }
    }

    private static let standardValues = values(of: digits)
    private static let urlValues = values(of: digits.dropLast(2) + "-_".utf8)

    private static func values(of digits: [UInt8]) -> [UInt8] {
        var values = [UInt8](repeating: invalid, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }

    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Appends `bytes` as standard base64. If `lineLength` is set, lines have this number of characters.
    package static func encode(
        _ bytes: UnsafeRawBufferPointer, into builder: inout SecretBytesBuilder, lineLength: Int? = nil
    ) {
        var index = 0
        var column = 0
        while index < bytes.count {
            let available = min(3, bytes.count - index)
            var group: UInt32 = 0
            for offset in 0..<3 { group = group << 8 | (offset < available ? UInt32(bytes[index + offset]) : 0) }
            for position in 0..<4 {
                let digit = Int(group >> UInt32(18 - 6 * position) & 0x3F)
                builder.append(position <= available ? digits[digit] : UInt8(ascii: "="))
            }
            index += 3
            column += 4
            if let lineLength, column == lineLength, index < bytes.count {
                builder.append(0x0A)
                column = 0
            }
        }
    }

    /// Decodes base64url (RFC 4648, section 5), as in tokens and web keys, with or without padding and trailing line
    /// breaks.
    package static func decoding(base64URL bytes: UnsafeRawBufferPointer) -> Result<SecretBytes, Base64Error> {
        var end = bytes.count
        while end > 0, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
        var padding = 0
        while end > 0, padding < 2, bytes[end - 1] == UInt8(ascii: "=") {
            end -= 1
            padding += 1
        }
        guard padding == 0 || (end + padding) % 4 == 0 else { return .failure(Base64Error(offset: end)) }
        return decoding(UnsafeRawBufferPointer(rebasing: bytes[..<end]), alphabet: .url)
    }

    /// Appends `bytes` as base64url (RFC 4648, section 5), without padding.
    package static func encodeURL(_ bytes: UnsafeRawBufferPointer, into builder: inout SecretBytesBuilder) {
        var standard = SecretBytesBuilder(capacity: bytes.count * 2)
        encode(bytes, into: &standard)
        standard.finish().withExposed { digits in
            for digit in digits where digit != UInt8(ascii: "=") {
                switch digit {
                case UInt8(ascii: "+"): builder.append(UInt8(ascii: "-"))
                case UInt8(ascii: "/"): builder.append(UInt8(ascii: "_"))
                default: builder.append(digit)
                }
            }
        }
    }
}

/// The error for malformed base64. Its message is that of Go's encoding/base64, which users of upstream know.
package struct Base64Error: Error, Equatable, Sendable {
    /// The byte of the input at which decoding failed, counted from 0.
    package var offset: Int
    package var message: String { "illegal base64 data at input byte \(offset)" }
}
