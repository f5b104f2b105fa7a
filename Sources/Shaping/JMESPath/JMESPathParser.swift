internal import SecretMemory

/// Parses a JMESPath expression by operator precedence, as described by Vaughan Pratt: every token has a binding power,
/// and an expression includes the tokens that bind more strongly than the token before it.
struct JMESPathParser {
    private let tokens: [JMESPathToken]
    private var index = 0
    private var depth = 0

    private enum Power {
        static let pipe = 1
        static let or = 2
        static let and = 3
        static let comparison = 5
        static let flatten = 9
        /// A token with less binding power ends a projection.
        static let projection = 10
        static let star = 20
        static let filter = 21
        static let dot = 40
        static let not = 45
        static let bracket = 55
    }

    init(_ tokens: [JMESPathToken]) {
        self.tokens = tokens
    }

    mutating func parse() throws(ShapingError) -> JMESPathNode {
        let node = try expression(0)
        guard case .end = token.kind else { throw unexpected() }
        return node
    }

    // MARK: - Tokens

    // The last token is the end of the expression, which is never consumed.
    private var token: JMESPathToken { tokens[min(index, tokens.count - 1)] }

    private func token(ahead count: Int) -> JMESPathToken { tokens[min(index + count, tokens.count - 1)] }

    private func unexpected(_ wanted: String? = nil) -> ShapingError {
        let wanted = wanted.map { ", expected \($0)" } ?? ""
        return ShapingError(.syntax, "column \(token.column): unexpected \(token.shown)\(wanted)")
    }

    private func isAt(_ symbol: JMESPathToken.Symbol) -> Bool { token.symbol == symbol }

    private mutating func take(_ symbol: JMESPathToken.Symbol) throws(ShapingError) {
        guard isAt(symbol) else { throw unexpected("'\(symbol.rawValue)'") }
        index += 1
    }

    private mutating func takes(_ symbol: JMESPathToken.Symbol) -> Bool {
        guard isAt(symbol) else { return false }
        index += 1
        return true
    }

    /// The binding power of the current token towards the expression before it; 0 if it does not continue it.
    private var power: Int {
        switch token.symbol {
        case .pipe: Power.pipe
        case .or: Power.or
        case .and: Power.and
        case .equal, .unequal, .less, .lessOrEqual, .more, .moreOrEqual: Power.comparison
        case .flatten: Power.flatten
        case .star: Power.star
        case .filter: Power.filter
        case .dot: Power.dot
        case .leftBracket: Power.bracket
        default: 0
        }
    }

    // MARK: - Expressions

    private mutating func expression(_ minimum: Int) throws(ShapingError) -> JMESPathNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= JMESPathNode.maximumDepth else {
            throw ShapingError(.syntax, "the expression is nested too deeply")
        }
        var left = try prefix()
        while minimum < power { left = try infix(left) }
        return left
    }

    /// Parses the beginning of an expression.
    private mutating func prefix() throws(ShapingError) -> JMESPathNode {
        let first = token
        index += 1
        switch first.kind {
        case .identifier(let name):
            return isAt(.leftParenthesis) ? try call(name, at: first.column) : try JMESPathNode(.field(name))
        case .quotedIdentifier(let name): return try JMESPathNode(.field(name))
        case .literal(let value): return try JMESPathNode(.literal(value))
        case .number, .end: break
        case .symbol(let symbol):
            switch symbol {
            case .current: return .current
            case .star: return try valueProjection(.current, Power.star)
            case .filter: return try filter(.current)
            case .flatten: return try flatten(.current)
            case .leftBrace: return try hash()
            case .not:
                let node = try expression(Power.not)
                return try JMESPathNode(.not(node), over: [node])
            case .leftParenthesis:
                let node = try expression(0)
                try take(.rightParenthesis)
                return node
            case .leftBracket:
                if let index = try indexOrSlice(.current) { return index }
                if isAt(.star), token(ahead: 1).symbol == .rightBracket {
                    index += 2
                    return try projection(.current, Power.star)
                }
                return try list()
            default: break
            }
        }
        index -= 1
        throw unexpected()
    }

    /// Parses the continuation of `left`. The current token has a binding power.
    private mutating func infix(_ left: JMESPathNode) throws(ShapingError) -> JMESPathNode {
        guard let symbol = token.symbol else { throw unexpected() }
        switch symbol {
        case .dot:
            index += 1
            if takes(.star) { return try valueProjection(left, Power.dot) }
            return try left.followed(by: try afterDot(Power.dot))
        case .pipe:
            index += 1
            return try left.followed(by: try expression(Power.pipe))
        case .or:
            index += 1
            let right = try expression(Power.or)
            if case .or(let nodes) = left.form { return try JMESPathNode(.or(nodes + [right]), over: nodes + [right]) }
            return try JMESPathNode(.or([left, right]), over: [left, right])
        case .and:
            index += 1
            let right = try expression(Power.and)
            if case .and(let nodes) = left.form {
                return try JMESPathNode(.and(nodes + [right]), over: nodes + [right])
            }
            return try JMESPathNode(.and([left, right]), over: [left, right])
        case .filter:
            index += 1
            return try filter(left)
        case .flatten:
            index += 1
            return try flatten(left)
        case .leftBracket:
            index += 1
            if let index = try indexOrSlice(left) { return index }
            guard takes(.star) else { throw unexpected("a number, ':' or '*'") }
            try take(.rightBracket)
            return try projection(left, Power.star)
        default:
            guard let comparison = Self.comparison(symbol) else { throw unexpected() }
            index += 1
            let right = try expression(Power.comparison)
            return try JMESPathNode(.comparison(comparison, left, right), over: [left, right])
        }
    }

    private static func comparison(_ symbol: JMESPathToken.Symbol) -> JMESPathNode.Comparison? {
        switch symbol {
        case .equal: .equal
        case .unequal: .unequal
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .more: .more
        case .moreOrEqual: .moreOrEqual
        default: nil
        }
    }

    private mutating func afterDot(_ power: Int) throws(ShapingError) -> JMESPathNode {
        switch token.kind {
        case .identifier, .quotedIdentifier, .symbol(.star): return try expression(power)
        case .symbol(.leftBracket):
            index += 1
            return try list()
        case .symbol(.leftBrace):
            index += 1
            return try hash()
        default: throw unexpected("a name, '*', '[' or '{'")
        }
    }

    // MARK: - Projections

    /// Parses the expression that is applied to each element of a projection.
    private mutating func projected(_ minimum: Int) throws(ShapingError) -> JMESPathNode {
        if power < Power.projection {
            // Any other token, such as a closing bracket, is handled by the caller.
            return .current
        }
        switch token.symbol {
        case .leftBracket, .filter: return try expression(minimum)
        case .dot:
            index += 1
            return try afterDot(minimum)
        default: throw unexpected()
        }
    }

    private mutating func projection(_ left: JMESPathNode, _ power: Int) throws(ShapingError) -> JMESPathNode {
        let right = try projected(power)
        return try JMESPathNode(.projection(left, right), over: [left, right])
    }

    private mutating func valueProjection(_ left: JMESPathNode, _ power: Int) throws(ShapingError) -> JMESPathNode {
        let right = try projected(power)
        return try JMESPathNode(.valueProjection(left, right), over: [left, right])
    }

    private mutating func flatten(_ left: JMESPathNode) throws(ShapingError) -> JMESPathNode {
        let flat = try JMESPathNode(.flatten(left), over: [left])
        return try projection(flat, Power.flatten)
    }

    private mutating func filter(_ left: JMESPathNode) throws(ShapingError) -> JMESPathNode {
        let condition = try expression(0)
        try take(.rightBracket)
        let right = try projected(Power.filter)
        return try JMESPathNode(.filter(left, condition: condition, right), over: [left, condition, right])
    }

    /// Parses the text after an opening bracket: `[3]`, or a slice, which is a projection. Returns nil for anything
    /// else.
    private mutating func indexOrSlice(_ left: JMESPathNode) throws(ShapingError) -> JMESPathNode? {
        if case .number(let number) = token.kind, token(ahead: 1).symbol != .colon {
            index += 1
            try take(.rightBracket)
            return try left.followed(by: try JMESPathNode(.index(number)))
        }
        switch token.kind {
        case .number, .symbol(.colon): break
        default: return nil
        }
        var parts: [Int?] = [nil, nil, nil]
        var part = 0
        while !isAt(.rightBracket) {
            if isAt(.colon), part < 2 {
                part += 1
            } else if case .number(let number) = token.kind, parts[part] == nil {
                parts[part] = number
            } else {
                throw unexpected("']'")
            }
            index += 1
        }
        try take(.rightBracket)
        guard parts[2] != 0 else { throw ShapingError(.invalidValue, "a slice cannot have a step of 0") }
        let slice = try JMESPathNode(.slice(start: parts[0], stop: parts[1], step: parts[2] ?? 1))
        return try projection(try left.followed(by: slice), Power.star)
    }

    // MARK: - Lists

    private mutating func list() throws(ShapingError) -> JMESPathNode {
        var nodes: [JMESPathNode] = []
        repeat { nodes.append(try expression(0)) } while takes(.comma)
        try take(.rightBracket)
        return try JMESPathNode(.list(nodes), over: nodes)
    }

    private mutating func hash() throws(ShapingError) -> JMESPathNode {
        var pairs: [(key: String, node: JMESPathNode)] = []
        repeat {
            switch token.kind {
            case .identifier(let key), .quotedIdentifier(let key):
                index += 1
                try take(.colon)
                pairs.append((key, try expression(0)))
            default: throw unexpected("a key")
            }
        } while takes(.comma)
        try take(.rightBrace)
        return try JMESPathNode(.hash(pairs), over: pairs.map(\.node))
    }

    private mutating func call(_ name: String, at column: Int) throws(ShapingError) -> JMESPathNode {
        try take(.leftParenthesis)
        var arguments: [JMESPathNode.Argument] = []
        if !isAt(.rightParenthesis) {
            repeat {
                arguments.append(takes(.reference) ? .expression(try expression(0)) : .value(try expression(0)))
            } while takes(.comma)
        }
        try take(.rightParenthesis)
        guard let function = JMESPathFunction(rawValue: name) else {
            throw ShapingError(.unknownFunction, "column \(column): unknown function \(name.clipped)()")
        }
        try function.check(arguments, at: column)
        return try JMESPathNode(.call(function, arguments), over: arguments.map(\.node))
    }
}
