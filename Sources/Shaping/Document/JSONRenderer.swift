internal import Documents
internal import SecretMemory

/// Writes JSON values into memory that is wiped. Members keep their order, and numbers their source text.
struct JSONRenderer: ~Copyable {
    /// The maximum depth. Documents have a depth of up to 200, and a long expression adds some hundreds.
    private static let maximumDepth = 400

    private var builder = SecretBytesBuilder()
    private let indent: Int?
    private let maximumBytes: Int

    /// Returns `value` as JSON text, on one line or indented by `indent` spaces for each level. The size of the text is
    /// taken from `budget`; throws if it is exceeded.
    static func render(
        _ value: JSONValue, indent: Int? = nil, _ budget: inout ShapingBudget
    ) throws(ShapingError) -> SecretBytes {
        var renderer = JSONRenderer(indent: indent, maximumBytes: budget.remainingBytes)
        try renderer.append(value, depth: 0)
        try budget.spend(bytes: renderer.builder.count)
        return renderer.builder.finish()
    }

    private init(indent: Int?, maximumBytes: Int) {
        self.indent = indent
        self.maximumBytes = maximumBytes
    }

    private mutating func append(_ value: JSONValue, depth: Int) throws(ShapingError) {
        guard depth <= Self.maximumDepth else { throw ShapingError(.tooLarge, "its result is nested too deeply") }
        guard builder.count <= maximumBytes else { throw ShapingError(.tooLarge, "its result is too large") }
        switch value {
        case .null: builder.append("null")
        case .bool(let flag): builder.append(flag ? "true" : "false")
        case .number(let source): builder.append(contentsOf: source.utf8)
        case .string(let text): text.withBytes { Self.appendQuoted($0, to: &builder) }
        case .array(let elements):
            builder.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { builder.append(UInt8(ascii: ",")) }
                breakLine(depth + 1)
                try append(element, depth: depth + 1)
            }
            if !elements.isEmpty { breakLine(depth) }
            builder.append(UInt8(ascii: "]"))
        case .object(let object):
            builder.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { builder.append(UInt8(ascii: ",")) }
                breakLine(depth + 1)
                var key = member.key
                key.withUTF8 { Self.appendQuoted(UnsafeRawBufferPointer($0), to: &builder) }
                builder.append(UInt8(ascii: ":"))
                if indent != nil { builder.append(UInt8(ascii: " ")) }
                try append(member.value, depth: depth + 1)
            }
            if !object.members.isEmpty { breakLine(depth) }
            builder.append(UInt8(ascii: "}"))
        }
    }

    private mutating func breakLine(_ depth: Int) {
        guard let indent else { return }
        builder.append(0x0A)
        for _ in 0..<indent * depth { builder.append(UInt8(ascii: " ")) }
    }

    /// Appends UTF-8 `bytes` as a JSON string. Characters that YAML and TOML do not allow unescaped are escaped too, so
    /// that the result is also valid in these formats.
    static func appendQuoted(_ bytes: UnsafeRawBufferPointer, to builder: inout SecretBytesBuilder) {
        builder.append(UInt8(ascii: "\""))
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""): builder.append("\\\"")
            case UInt8(ascii: "\\"): builder.append("\\\\")
            case 0x08: builder.append("\\b")
            case 0x09: builder.append("\\t")
            case 0x0A: builder.append("\\n")
            case 0x0C: builder.append("\\f")
            case 0x0D: builder.append("\\r")
            case ..<0x20, 0x7F: appendEscape(UInt16(byte), to: &builder)
            case 0xC2, 0xE2, 0xEF:
                let (scalar, length) = unprintable(bytes, at: index)
                if length > 0 {
                    appendEscape(scalar, to: &builder)
                    index += length - 1
                } else {
                    builder.append(byte)
                }
            default: builder.append(byte)
            }
            index += 1
        }
        builder.append(UInt8(ascii: "\""))
    }

    /// Returns the control character, line separator, byte order mark or non-character at `index` and its length in
    /// UTF-8. The length is 0 if another character is there.
    private static func unprintable(_ bytes: UnsafeRawBufferPointer, at index: Int) -> (UInt16, Int) {
        func at(_ offset: Int) -> UInt8 { index + offset < bytes.count ? bytes[index + offset] : 0 }
        switch (bytes[index], at(1), at(2)) {
        case (0xC2, 0x80...0x9F, _): return (UInt16(at(1)), 2)
        case (0xE2, 0x80, 0xA8): return (0x2028, 3)
        case (0xE2, 0x80, 0xA9): return (0x2029, 3)
        case (0xEF, 0xBB, 0xBF): return (0xFEFF, 3)
        case (0xEF, 0xBF, 0xBE): return (0xFFFE, 3)
        case (0xEF, 0xBF, 0xBF): return (0xFFFF, 3)
        default: return (0, 0)
        }
    }

    /// Appends a UTF-16 code unit as `\uXXXX`.
    static func appendEscape(_ unit: UInt16, to builder: inout SecretBytesBuilder) {
        builder.append("\\u")
        for shift in [12, 8, 4, 0] as [UInt16] {
            let digit = UInt8(truncatingIfNeeded: unit >> shift & 0xF)
            builder.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") - 10 + digit)
        }
    }
}
