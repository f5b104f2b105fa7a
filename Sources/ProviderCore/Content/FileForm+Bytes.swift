internal import SecretMemory

extension FileForm {
    /// Returns the bytes of a file with `content`: trimmed first, then encoded.
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
