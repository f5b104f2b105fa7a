internal import Documents
internal import SecretMemory

/// Splits a JMESPath expression into tokens.
struct JMESPathLexer {
    private let bytes: [UInt8]
    private var index = 0

    static func tokens(of expression: String) throws(ShapingError) -> [JMESPathToken] {
        var lexer = JMESPathLexer(bytes: Array(expression.utf8))
        var tokens: [JMESPathToken] = []
        var start = 0
        var column = 1
        while true {
            lexer.skipSpace()
            column += Self.codePoints(in: lexer.bytes[start..<lexer.index])
            start = lexer.index
            guard start < lexer.bytes.count else {
                tokens.append(JMESPathToken(kind: .end, column: column))
                return tokens
            }
            tokens.append(JMESPathToken(kind: try lexer.next(), column: column))
        }
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// Returns the column of the code point that begins at byte `index`, counted from 1.
    private func column(of index: Int) -> Int {
        1 + Self.codePoints(in: bytes[..<index])
    }

    private static func codePoints(in bytes: ArraySlice<UInt8>) -> Int {
        bytes.count { $0 & 0xC0 != 0x80 }
    }

    private func failure(_ reason: String, at index: Int) -> ShapingError {
        ShapingError(.syntax, "column \(column(of: index)): \(reason)")
    }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { index += 1 }
    }

    private mutating func next() throws(ShapingError) -> JMESPathToken.Kind {
        guard let byte = current else { return .end }
        switch byte {
        case ASCII.lowercase, ASCII.uppercase, UInt8(ascii: "_"):
            return .identifier(word())
        case ASCII.digits, UInt8(ascii: "-"): return .number(try number())
        case UInt8(ascii: "\""): return .quotedIdentifier(try quotedIdentifier())
        case UInt8(ascii: "'"): return .literal(.text(SecretBytes(try delimited("'"))))
        case UInt8(ascii: "`"): return .literal(try literal())
        default: return .symbol(try symbol(byte))
        }
    }

    private mutating func symbol(_ byte: UInt8) throws(ShapingError) -> JMESPathToken.Symbol {
        let start = index
        // The longest symbol that matches is used.
        for length in [2, 1] where start + length <= bytes.count {
            let text = String(decoding: bytes[start..<start + length], as: UTF8.self)
            if let symbol = JMESPathToken.Symbol(rawValue: text) {
                index += length
                return symbol
            }
        }
        throw failure(
            byte == UInt8(ascii: "=") ? "'=' alone means nothing, equality is '=='" : "an unexpected character",
            at: start)
    }

    private mutating func word() -> String {
        let start = index
        while let byte = current {
            switch byte {
            case ASCII.lowercase, ASCII.uppercase, UInt8(ascii: "_"),
                ASCII.digits:
                index += 1
            default: return String(decoding: bytes[start..<index], as: UTF8.self)
            }
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func number() throws(ShapingError) -> Int {
        let start = index
        index += 1
        while let byte = current, ASCII.digits.contains(byte) { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        guard let number = Int(text) else {
            throw failure(text == "-" ? "'-' without a number after it" : "a number that is too large", at: start)
        }
        return number
    }

    /// Returns the text between two `delimiter`s, with the backslashes of escaped delimiters removed.
    private mutating func delimited(_ delimiter: Unicode.Scalar) throws(ShapingError) -> [UInt8] {
        let delimiter = UInt8(ascii: delimiter)
        let start = index
        var content: [UInt8] = []
        index += 1
        while let byte = current {
            index += 1
            if byte == delimiter { return content }
            if byte == UInt8(ascii: "\\"), let next = current {
                if next != delimiter { content.append(byte) }
                content.append(next)
                index += 1
            } else {
                content.append(byte)
            }
        }
        throw failure("what begins here has no end", at: start)
    }

    private mutating func quotedIdentifier() throws(ShapingError) -> String {
        let start = index
        _ = try delimited("\"")
        guard let text = (try? JSONParser.parse(SecretBytes(bytes[start..<index])))?.text else {
            throw failure("a quoted identifier is written as a JSON string", at: start)
        }
        return text
    }

    /// Reads JSON between backquotes. Text that is not JSON is a string without quotes; the specification has dropped
    /// this form, but many expressions still use it.
    private mutating func literal() throws(ShapingError) -> JSONValue {
        let start = index
        let content = try delimited("`")
        if let value = try? JSONParser.parse(SecretBytes(content)) { return value }
        let text = content.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        let quoted = [UInt8(ascii: "\"")] + text + [UInt8(ascii: "\"")]
        guard let value = try? JSONParser.parse(SecretBytes(quoted)) else {
            throw failure("the literal is not JSON", at: start)
        }
        return value
    }
}
