package import Documents

/// A parsed and checked JMESPath expression (jmespath.org): its syntax, the names of its functions, and their numbers
/// of arguments.
///
/// It implements the whole specification without extensions of other projects. As in the Python implementation, which
/// the AWS command line uses, the comparison operators such as `<` also order strings.
package struct JMESPath: Sendable {
    package static let maximumBytes = 4096

    private let source: String
    private let root: JMESPathNode

    package init(_ expression: String) throws(ShapingError) {
        guard expression.utf8.count <= Self.maximumBytes else {
            throw ShapingError(.syntax, "the expression has more than \(Self.maximumBytes) bytes")
        }
        var parser = JMESPathParser(try JMESPathLexer.tokens(of: expression))
        root = try parser.parse()
        source = expression
    }

    /// Returns the result of the expression for `document`, which is null if nothing matches. Throws if a function gets
    /// an argument of a wrong type, or if the budget is exceeded.
    package func search(_ document: JSONValue, _ budget: inout ShapingBudget) throws(ShapingError) -> JSONValue {
        var evaluation = JMESPathEvaluation(budget: budget)
        defer { budget = evaluation.budget }
        return try evaluation.evaluate(root, document)
    }
}

extension JMESPath: Hashable {
    package static func == (a: JMESPath, b: JMESPath) -> Bool { a.source == b.source }

    package func hash(into hasher: inout Hasher) { hasher.combine(source) }
}
