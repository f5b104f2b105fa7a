internal import Documents
internal import SecretMemory

/// Splits a template into text and placeholders.
struct TemplateParser {
    private let bytes: [UInt8]
    private var index = 0
    /// The position that was computed last: its index, line and column.
    private var mark = (index: 0, line: 1, column: 1)

    static func parts(of text: String) throws(ShapingError) -> [Template.Part] {
        var parser = TemplateParser(bytes: Array(text.utf8))
        var parts: [Template.Part] = []
        var placeholders = 0
        while parser.index < parser.bytes.count {
            let text = parser.text()
            if !text.isEmpty { parts.append(.text(text)) }
            guard parser.index < parser.bytes.count else { break }
            placeholders += 1
            guard placeholders <= Template.maximumPlaceholders else {
                throw parser.failure("there are more than \(Template.maximumPlaceholders) placeholders")
            }
            parts.append(.placeholder(try parser.placeholder()))
        }
        return parts
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// Returns the line and column of the byte at `index`, counted in lines and code points from 1. Calls must have
    /// increasing indices, so that no byte is counted twice.
    private mutating func place(of index: Int) -> String {
        if index < mark.index { mark = (0, 1, 1) }
        for byte in bytes[mark.index..<index] {
            if byte == 0x0A {
                mark.line += 1
                mark.column = 1
            } else if byte & 0xC0 != 0x80 {
                mark.column += 1
            }
        }
        mark.index = index
        return "line \(mark.line), column \(mark.column)"
    }

    private mutating func failure(_ reason: String, at index: Int? = nil) -> ShapingError {
        ShapingError(.syntax, "\(place(of: index ?? self.index)): \(reason)")
    }

    private func isAt(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        return index + count <= bytes.count
            && bytes[index..<index + count].elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: count))
    }

    private mutating func skipSpace() {
        while let byte = current, ASCII.isSpace(byte) { index += 1 }
    }

    /// Returns the text before the next placeholder or the end.
    private mutating func text() -> String {
        let start = index
        while index < bytes.count, !isAt("{{") { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func placeholder() throws(ShapingError) -> TemplatePlaceholder {
        let start = index
        index += 2
        skipSpace()
        var placeholder = TemplatePlaceholder(source: try source(), filters: [], place: place(of: start))
        while true {
            skipSpace()
            if isAt("}}") {
                index += 2
                return placeholder
            }
            guard current == UInt8(ascii: "|") else {
                throw current == nil
                    ? failure("this placeholder has no end", at: start) : failure("expected '|' or '}}'")
            }
            index += 1
            skipSpace()
            guard placeholder.filters.count < Template.maximumFilters else {
                throw failure("a placeholder takes \(Template.maximumFilters) filters at most")
            }
            placeholder.filters.append(try filter())
        }
    }

    private mutating func source() throws(ShapingError) -> TemplatePlaceholder.Source {
        if current == UInt8(ascii: "\"") { return .literal(try quoted()) }
        let name = try word("the name of an object")
        var members: [String] = []
        while current == UInt8(ascii: ".") {
            index += 1
            members.append(current == UInt8(ascii: "\"") ? try quoted() : try word("the name of a member"))
        }
        return .content(name: name, member: members.isEmpty ? nil : JSONPointer(tokens: members))
    }

    private mutating func filter() throws(ShapingError) -> TemplateFilter {
        let start = index
        let name = try word("the name of a filter")
        skipSpace()
        var argument: TemplateFilter.Argument?
        switch current {
        case UInt8(ascii: "\""): argument = .text(try quoted())
        case .some(ASCII.digits):
            let digits = try word("a number")
            // The filter refuses a number that is too large for it.
            argument = .number(Int(digits) ?? -1)
        default: break
        }
        do {
            return try TemplateFilter(name, argument)
        } catch {
            throw ShapingError(error.kind, "\(place(of: start)): \(error.reason)")
        }
    }

    /// Reads a word of letters, digits, `_` and `-`.
    private mutating func word(_ what: String) throws(ShapingError) -> String {
        let start = index
        while let byte = current {
            switch byte {
            case ASCII.lowercase, ASCII.uppercase,
                ASCII.digits, UInt8(ascii: "_"), UInt8(ascii: "-"):
                index += 1
                continue
            default: break
            }
            break
        }
        guard index > start else { throw failure("expected \(what)") }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    /// Reads a text in double quotes with JSON's escapes.
    private mutating func quoted() throws(ShapingError) -> String {
        let start = index
        index += 1
        while let byte = current, byte != UInt8(ascii: "\"") {
            index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard index < bytes.count else {
            index = bytes.count
            throw failure("this text has no closing quote", at: start)
        }
        index += 1
        guard let text = (try? JSONParser.parse(SecretBytes(bytes[start..<index])))?.text else {
            throw failure("a text in quotes is written as a JSON string", at: start)
        }
        return text
    }
}
