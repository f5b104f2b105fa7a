extension FileForm {
    /// The bytes of a file with `content`: trimmed, then encoded.
    func applied(to content: SecretBytes) -> SecretBytes {
        encoded(trimmed(content))
    }

    func trimmed(_ content: SecretBytes) -> SecretBytes {
        guard let trim else { return content }
        switch trim {
        case .space: return content.trimmingSpace()
        case .newline:
            return content.withExposed { bytes in
                let end = bytes.lastIndex { $0 != 0x0A && $0 != 0x0D }.map { $0 + 1 } ?? 0
                return end == bytes.count
                    ? content : SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes[..<end]))
            }
        }
    }

    private func encoded(_ content: SecretBytes) -> SecretBytes {
        guard let encoding else { return content }
        return content.withExposed { bytes in
            var builder = SecretBytesBuilder(capacity: bytes.count * 2)
            switch encoding {
            case .base64: Base64.encode(bytes, into: &builder)
            case .base64URL: Base64.encodeURL(bytes, into: &builder)
            case .hex: Hex.encode(bytes, into: &builder)
            }
            return builder.finish()
        }
    }
}

extension Base64 {
    /// RFC 4648 section 5, as tokens and web keys have it, with or without padding and line breaks at the end.
    static func decoding(base64URL bytes: UnsafeRawBufferPointer) -> Result<SecretBytes, CorruptInput> {
        var end = bytes.count
        while end > 0, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
        var padding = 0
        while end > 0, padding < 2, bytes[end - 1] == UInt8(ascii: "=") {
            end -= 1
            padding += 1
        }
        guard padding == 0 || (end + padding) % 4 == 0 else { return .failure(CorruptInput(offset: end)) }
        return decoding(UnsafeRawBufferPointer(rebasing: bytes[..<end]), alphabet: .url)
    }

    /// Appends `bytes` as RFC 4648 section 5 has it, without padding.
    static func encodeURL(_ bytes: UnsafeRawBufferPointer, into builder: inout SecretBytesBuilder) {
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

extension Hex {
    /// Appends `bytes` as lower-case hexadecimal text.
    static func encode(_ bytes: UnsafeRawBufferPointer, into builder: inout SecretBytesBuilder) {
        let digits: StaticString = "0123456789abcdef"
        for byte in bytes {
            builder.append(digits.utf8Start[Int(byte >> 4)])
            builder.append(digits.utf8Start[Int(byte & 0xF)])
        }
    }
}
