internal import SecretMemory

/// Writes texts in the notations of other formats.
enum Quoting {
    /// Appends `value` in the dialect's notation. Returns the reason if the dialect cannot represent it.
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
            // Docker reads lines of at most 64 KiB.
            if value.count > 65_000 { return "has more than 65000 bytes" }
            builder.append(value)
        case .dotenv:
            // It would be read as a variable inside both kinds of quotes, and it cannot be escaped.
            if zip(value, value.dropFirst()).contains(where: { $0 == UInt8(ascii: "$") && $1 == UInt8(ascii: "{") }) {
                return "has '${' in it"
            }
            // Python reads every line break of a file as a line feed.
            if !value.contains(0x0D), appendForBoth(value, to: &builder) { return nil }
            appendDoubleQuoted(value, to: &builder)
        }
        return nil
    }

    /// Appends `value` in a spelling that the shell and dotenv read in the same way, if one exists.
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

    /// Appends the text as one word of a POSIX shell.
    static func appendShell(_ text: UnsafeRawBufferPointer, to builder: inout SecretBytesBuilder) {
        builder.append(UInt8(ascii: "'"))
        for byte in text {
            if byte == UInt8(ascii: "'") { builder.append("'\\''") } else { builder.append(byte) }
        }
        builder.append(UInt8(ascii: "'"))
    }

    /// Appends the text as a value of a Java properties file. It uses only ASCII, so that it does not depend on the
    /// encoding.
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
