internal import SecretMemory

/// Texts as other formats write them.
enum Quoting {
    /// Appends `value` as the dialect's readers take it; what stands in the way if they cannot.
    static func appendVariable(
        _ value: UnsafeRawBufferPointer, _ dialect: EnvFile.Dialect, to builder: inout SecretBytesBuilder
    ) -> String? {
        if value.contains(0) { return "has a zero byte" }
        if dialect != .shell, String(validating: value, as: UTF8.self) == nil { return "is not UTF-8 text" }
        switch dialect {
        case .shell:
            if appendForBoth(value, to: &builder) { return nil }
            appendShell(value, to: &builder)
        case .docker:
            if value.contains(where: { $0 == 0x0A || $0 == 0x0D }) { return "has a line break" }
            // Docker reads lines of 64 KiB at most.
            if value.count > 65_000 { return "has more than 65000 bytes" }
            builder.append(value)
        case .dotenv:
            // Taken for a variable between quotes of either kind, and nothing keeps it from that.
            if zip(value, value.dropFirst()).contains(where: { $0 == UInt8(ascii: "$") && $1 == UInt8(ascii: "{") }) {
                return "has '${' in it"
            }
            // A file's line breaks all become \n when Python reads them.
            if !value.contains(0x0D), appendForBoth(value, to: &builder) { return nil }
            appendDoubleQuoted(value, to: &builder)
        }
        return nil
    }

    /// In a spelling that the shell and dotenv read alike, if there is one.
    private static func appendForBoth(
        _ value: UnsafeRawBufferPointer, to builder: inout SecretBytesBuilder
    ) -> Bool {
        if !value.contains(where: { $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "\\") }) {
            builder.append(UInt8(ascii: "'"))
            builder.append(value)
            builder.append(UInt8(ascii: "'"))
            return true
        }
        if value.contains(where: { $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "`") || $0 == 0x0D }) { return false }
        appendDoubleQuoted(value, to: &builder)
        return true
    }

    private static func appendDoubleQuoted(_ value: UnsafeRawBufferPointer, to builder: inout SecretBytesBuilder) {
        builder.append(UInt8(ascii: "\""))
        for byte in value {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                builder.append(UInt8(ascii: "\\"))
                builder.append(byte)
            case 0x0D: builder.append("\\r")
            default: builder.append(byte)
            }
        }
        builder.append(UInt8(ascii: "\""))
    }

    /// As one word of a POSIX shell.
    static func appendShell(_ text: UnsafeRawBufferPointer, to builder: inout SecretBytesBuilder) {
        builder.append(UInt8(ascii: "'"))
        for byte in text {
            if byte == UInt8(ascii: "'") { builder.append("'\\''") } else { builder.append(byte) }
        }
        builder.append(UInt8(ascii: "'"))
    }

    /// As a value in a Java properties file, in ASCII, so that it does not matter how it is decoded.
    static func appendProperty(_ text: UnsafeRawBufferPointer, to builder: inout SecretBytesBuilder) {
        var isFirst = true
        _ = transcode(text.makeIterator(), from: UTF8.self, to: UTF16.self, stoppingOnError: false) { unit in
            switch unit {
            case 0x5C, 0x3D, 0x3A, 0x23, 0x21:
                builder.append(UInt8(ascii: "\\"))
                builder.append(UInt8(truncatingIfNeeded: unit))
            case 0x20 where isFirst: builder.append("\\ ")
            case 0x0A: builder.append("\\n")
            case 0x0D: builder.append("\\r")
            case 0x09: builder.append("\\t")
            case 0x20...0x7E: builder.append(UInt8(truncatingIfNeeded: unit))
            default: JSONRenderer.appendEscape(unit, to: &builder)
            }
            isFirst = false
        }
    }
}
