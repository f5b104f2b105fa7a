package import Documents

/// A JMESPath expression (jmespath.org), read and checked: its syntax, the names of its functions and how
/// many arguments they get.
///
/// Complete as the specification has it, without the dialects that other projects have added. As in the
/// implementation for Python, which most people know from the AWS command line, `<` and its kin also order
/// texts.
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

    /// What the expression finds in `document`; null when it finds nothing.
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
