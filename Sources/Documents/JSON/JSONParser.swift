internal import Budgets
package import SecretMemory

/// The reason why a text is not JSON, in the words of Go's encoding/json.
package struct JSONError: Error, Equatable, Sendable {
    package var reason: String
}

/// A strict parser for JSON (RFC 8259). It accepts exactly what Go's decoder accepts, so it can read what upstream can
/// read.
package struct JSONParser {
    private let document: SecretBytes
    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private var depth = 0

    /// The maximum depth of a document. Documents of Kubernetes and Azure are much less deep.
    private static let maximumDepth = 200

    package static func parse(_ document: SecretBytes) throws(JSONError) -> JSONValue {
        guard MountBudget.spend(steps: document.count / 8, on: .reading) else {
            throw JSONError(reason: "the document takes too long to read")
        }
        return try document.withExposed { bytes throws(JSONError) in
            var parser = JSONParser(document: document, bytes: bytes)
            let value = try parser.value()
            parser.skipSpace()
            guard parser.index == bytes.count else { throw parser.unexpected("after top-level value") }
            return value
        }
    }

    private init(document: SecretBytes, bytes: UnsafeRawBufferPointer) {
        self.document = document
        self.bytes = bytes
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private func unexpected(_ context: String) -> JSONError {
        guard let byte = current else { return JSONError(reason: "unexpected end of JSON input") }
        let shown: String
        switch byte {
        case UInt8(ascii: "'"): shown = #"'\''"#
        case UInt8(ascii: "\\"): shown = #"'\\'"#
        case 0x07: shown = #"'\a'"#
        case 0x08: shown = #"'\b'"#
        case 0x09: shown = #"'\t'"#
        case 0x0A: shown = #"'\n'"#
        case 0x0B: shown = #"'\v'"#
        case 0x0C: shown = #"'\f'"#
        case 0x0D: shown = #"'\r'"#
        case ..<0x20, 0x7F: shown = "'\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16) + "'"
        // Go treats the byte as a character of Latin-1; these characters are not printable.
        case 0x80...0xA0, 0xAD: shown = "'\\u00" + String(byte, radix: 16) + "'"
        default: shown = "'\(Character(Unicode.Scalar(byte)))'"
        }
        return JSONError(reason: "invalid character \(shown) \(context)")
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case .some(UInt8(ascii: "-")), .some(ASCII.digits): return .number(try number())
        default: throw unexpected("looking for beginning of value")
        }
    }

    private mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= Self.maximumDepth else { throw JSONError(reason: "exceeded max depth") }
        index += 1
        skipSpace()
    }

    private mutating func object() throws(JSONError) -> JSONObject {
        try enter()
        defer { depth -= 1 }
        var members: [(key: String, value: JSONValue)] = []
        if current == UInt8(ascii: "}") {
            index += 1
            return JSONObject(members: members)
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw unexpected("looking for beginning of object key string") }
            let key = try string().string
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw unexpected("after object key") }
            index += 1
            members.append((key, try value()))
            skipSpace()
            switch current {
            case UInt8(ascii: ","): index += 1
            case UInt8(ascii: "}"):
                index += 1
                return JSONObject(members: members)
            default: throw unexpected("after object key:value pair")
            }
        }
    }

    private mutating func array() throws(JSONError) -> [JSONValue] {
        try enter()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        if current == UInt8(ascii: "]") {
            index += 1
            return elements
        }
        while true {
            elements.append(try value())
            skipSpace()
            switch current {
            case UInt8(ascii: ","): index += 1
            case UInt8(ascii: "]"):
                index += 1
                return elements
            default: throw unexpected("after array element")
            }
        }
    }

    private mutating func string() throws(JSONError) -> JSONText {
        index += 1
        let start = index
        var hasEscapes = false
        while true {
            skipPlainText()
            switch current {
            case UInt8(ascii: "\""):
                index += 1
                return JSONText(document: document, range: start..<index - 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                index += 1
                try escape()
            default: throw unexpected("in string literal")
            }
        }
    }

    /// Skips to the next quote, backslash or control character, or to the end.
    private mutating func skipPlainText() {
        let (ones, highBits): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        // Eight bytes at a time. A byte below `limit` borrows from its highest bit; the first one that does is exact.
        func hasByte(_ word: UInt64, below limit: UInt64) -> Bool { (word &- ones &* limit) & ~word & highBits != 0 }
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let quotes = word ^ ones &* UInt64(UInt8(ascii: "\""))
            let backslashes = word ^ ones &* UInt64(UInt8(ascii: "\\"))
            if hasByte(word, below: 0x20) || hasByte(quotes, below: 1) || hasByte(backslashes, below: 1) { break }
            index += 8
        }
        while index < bytes.count, !Self.endsPlainText(bytes[index]) { index += 1 }
    }

    private static func endsPlainText(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20
    }

    private mutating func escape() throws(JSONError) {
        switch current {
        case UInt8(ascii: "u"):
            index += 1
            for _ in 0..<4 {
                guard let byte = current, Character(Unicode.Scalar(byte)).isHexDigit, byte < 0x80 else {
                    throw unexpected("in \\u hexadecimal character escape")
                }
                index += 1
            }
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            index += 1
        default: throw unexpected("in string escape code")
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for offset in 0..<word.utf8CodeUnitCount {
            let expected = word.utf8Start[offset]
            guard current == expected else {
                throw unexpected("in literal \(word) (expecting '\(Character(Unicode.Scalar(expected)))')")
            }
            index += 1
        }
        return value
    }

    private mutating func number() throws(JSONError) -> String {
        let start = index
        if current == UInt8(ascii: "-") { index += 1 }
        if current == UInt8(ascii: "0") { index += 1 } else { try digits("in numeric literal") }
        if current == UInt8(ascii: ".") {
            index += 1
            try digits("after decimal point in numeric literal")
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            index += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { index += 1 }
            try digits("in exponent of numeric literal")
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func digits(_ context: String) throws(JSONError) {
        guard let byte = current, ASCII.digits.contains(byte) else {
            throw unexpected(context)
        }
        while let byte = current, ASCII.digits.contains(byte) { index += 1 }
    }
}
