internal import SecretMemory

/// Parses a `NamePattern` and limits the size of its program.
struct NamePatternParser {
    /// An expression and the number of its instructions. The number is at least 1, because repeating an empty
    /// expression also takes time.
    private struct Sized {
        var expression: NamePattern.Expression
        var size: Int

        init(_ expression: NamePattern.Expression, size: Int) throws(NamePatternError) {
            guard size <= NamePattern.maximumSize else { throw NamePatternError.tooLarge }
            self.expression = expression
            self.size = max(1, size)
        }
    }

    private var bytes: ArraySlice<UInt8>
    private var depth = 0

    private static let maximumDepth = 20
    private static let maximumCount = 127

    init(_ source: String) {
        var bytes = Array(source.utf8)[...]
        if bytes.first == UInt8(ascii: "^") { bytes.removeFirst() }
        if bytes.last == UInt8(ascii: "$"), bytes.dropLast().last != UInt8(ascii: "\\") { bytes.removeLast() }
        self.bytes = bytes
    }

    mutating func parse() throws(NamePatternError) -> NamePattern.Expression {
        let expression = try choice().expression
        guard bytes.isEmpty else { throw NamePatternError(reason: "a ) has no ( before it") }
        return expression
    }

    private mutating func choice() throws(NamePatternError) -> Sized {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw NamePatternError(reason: "it is nested too deeply") }
        var options = [try sequence()]
        while take("|") { options.append(try sequence()) }
        guard options.count > 1 else { return options[0] }
        // Each alternative except the last needs a fork and a jump.
        return try Sized(
            .choice(options.map(\.expression)), size: options.reduce(2 * (options.count - 1)) { $0 + $1.size })
    }

    private mutating func sequence() throws(NamePatternError) -> Sized {
        var parts: [Sized] = []
        while let next = bytes.first, next != UInt8(ascii: "|"), next != UInt8(ascii: ")") {
            parts.append(try repetition(of: atom()))
        }
        return try Sized(
            parts.isEmpty ? .empty : .sequence(parts.map(\.expression)), size: parts.reduce(0) { $0 + $1.size })
    }

    /// Returns `atom` repeated up to its maximum, with a fork for each optional repetition, and with a jump back if the
    /// number is not limited.
    private func repeated(_ atom: Sized, minimum: Int, maximum: Int?) throws(NamePatternError) -> Sized {
        let size = maximum.map { atom.size * $0 + ($0 - minimum) } ?? atom.size * (minimum + 1) + 2
        return try Sized(.repeat(atom.expression, minimum: minimum, maximum: maximum), size: size)
    }

    private mutating func repetition(of atom: Sized) throws(NamePatternError) -> Sized {
        if take("*") { return try repeated(atom, minimum: 0, maximum: nil) }
        if take("+") { return try repeated(atom, minimum: 1, maximum: nil) }
        if take("?") { return try repeated(atom, minimum: 0, maximum: 1) }
        guard take("{") else { return atom }
        guard let minimum = number() else { throw NamePatternError(reason: "a { has no number after it") }
        var maximum: Int? = minimum
        if take(",") { maximum = number() }
        guard take("}") else { throw NamePatternError(reason: "a { has no } after it") }
        guard minimum <= Self.maximumCount, (maximum ?? minimum) <= Self.maximumCount, minimum <= maximum ?? minimum
        else { throw NamePatternError(reason: "a count is above \(Self.maximumCount), or its bounds are reversed") }
        return try repeated(atom, minimum: minimum, maximum: maximum)
    }

    private mutating func number() -> Int? {
        var digits = 0
        var value = 0
        while let byte = bytes.first, ASCII.digits.contains(byte), digits < 4 {
            value = value * 10 + Int(byte - 0x30)
            digits += 1
            bytes.removeFirst()
        }
        return digits == 0 ? nil : value
    }

    private mutating func atom() throws(NamePatternError) -> Sized {
        let byte = bytes.removeFirst()
        switch byte {
        case UInt8(ascii: "("):
            if take("?"), !take(":") { throw NamePatternError(reason: "of groups there are only ( ) and (?: )") }
            let inner = try choice()
            guard take(")") else { throw NamePatternError(reason: "a ( has no ) after it") }
            return inner
        case UInt8(ascii: "["): return try Sized(.byte(try byteClass()), size: 1)
        case UInt8(ascii: "."):
            var all = ByteSet()
            all.invert()
            return try Sized(.byte(all), size: 1)
        case UInt8(ascii: "\\"): return try Sized(.byte(try escape()), size: 1)
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
            throw NamePatternError(reason: "a \(Character(Unicode.Scalar(byte))) has nothing before it to repeat")
        case UInt8(ascii: "^"), UInt8(ascii: "$"):
            throw NamePatternError(reason: "^ and $ may only stand at the ends; the whole name has to match")
        case ASCII.visible: return try Sized(.byte(set(of: byte)), size: 1)
        default: throw NamePatternError(reason: "no name has white space or characters beyond ASCII")
        }
    }

    private mutating func byteClass() throws(NamePatternError) -> ByteSet {
        var result = ByteSet()
        let isInverted = take("^")
        var isFirst = true
        while let byte = bytes.first, isFirst || byte != UInt8(ascii: "]") {
            isFirst = false
            bytes.removeFirst()
            if byte == UInt8(ascii: "\\") {
                result.formUnion(try escape())
            } else if bytes.first == UInt8(ascii: "-"), let last = bytes.dropFirst().first, last != UInt8(ascii: "]") {
                bytes.removeFirst(2)
                guard byte <= last, last < 0x80 else { throw NamePatternError(reason: "a range in [ ] is reversed") }
                for member in byte...last { result.insert(member) }
            } else {
                result.insert(byte)
            }
        }
        guard take("]") else { throw NamePatternError(reason: "a [ has no ] after it") }
        if isInverted { result.invert() }
        return result
    }

    private mutating func escape() throws(NamePatternError) -> ByteSet {
        guard let byte = bytes.popFirst() else { throw NamePatternError(reason: "a \\ has nothing after it") }
        var result = ByteSet()
        switch byte {
        case UInt8(ascii: "d"): for digit in UInt8(0x30)...0x39 { result.insert(digit) }
        case UInt8(ascii: "w"):
            for digit in UInt8(0x30)...0x39 { result.insert(digit) }
            for letter in UInt8(0x61)...0x7A { result.insert(letter) }
            result.insert(UInt8(ascii: "_"))
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: result.insert(byte)
        default:
            throw NamePatternError(reason: "of escapes there are \\d, \\w and those of punctuation")
        }
        return result
    }

    private func set(of byte: UInt8) -> ByteSet {
        var result = ByteSet()
        result.insert(byte)
        return result
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard bytes.first == UInt8(ascii: character) else { return false }
        bytes.removeFirst()
        return true
    }
}
