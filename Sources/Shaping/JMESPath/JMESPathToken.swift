internal import Documents
internal import SecretMemory

/// A token of a JMESPath expression with its position.
struct JMESPathToken: Sendable {
    enum Kind: Sendable {
        case identifier(String)
        case quotedIdentifier(String)
        case number(Int)
        case literal(JSONValue)
        case symbol(Symbol)
        case end
    }

    enum Symbol: String, Sendable {
        case dot = "."
        case star = "*"
        case leftBracket = "["
        case rightBracket = "]"
        case flatten = "[]"
        case filter = "[?"
        case leftBrace = "{"
        case rightBrace = "}"
        case leftParenthesis = "("
        case rightParenthesis = ")"
        case comma = ","
        case colon = ":"
        case current = "@"
        case pipe = "|"
        case or = "||"
        case and = "&&"
        case reference = "&"
        case not = "!"
        case equal = "=="
        case unequal = "!="
        case less = "<"
        case lessOrEqual = "<="
        case more = ">"
        case moreOrEqual = ">="
    }

    var kind: Kind
    /// The column in code points, counted from 1.
    var column: Int

    var symbol: Symbol? {
        if case .symbol(let symbol) = kind { symbol } else { nil }
    }

    /// The word for the token in an error, after "unexpected".
    var shown: String {
        switch kind {
        case .identifier(let name): "'\(name.clipped)'"
        case .quotedIdentifier(let name): "'\"\(name.clipped)\"'"
        case .number(let number): "'\(number)'"
        case .literal: "literal"
        case .symbol(let symbol): "'\(symbol.rawValue)'"
        case .end: "end of the expression"
        }
    }
}
