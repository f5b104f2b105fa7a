internal import Documents

/// A node of a JMESPath expression.
struct JMESPathNode: Sendable {
    enum Comparison: Sendable {
        case equal, unequal, less, lessOrEqual, more, moreOrEqual
    }

    enum Argument: Sendable {
        case value(JMESPathNode)
        /// An expression after `&`, which the function applies itself.
        case expression(JMESPathNode)

        var node: JMESPathNode {
            switch self {
            case .value(let node), .expression(let node): node
            }
        }
    }

    indirect enum Form: Sendable {
        case current
        case field(String)
        case index(Int)
        case slice(start: Int?, stop: Int?, step: Int)
        case literal(JSONValue)
        /// Applies each node to the result of the node before it.
        case chain([JMESPathNode])
        /// Returns the first true result, or the last one.
        case or([JMESPathNode])
        /// Returns the first false result, or the last one.
        case and([JMESPathNode])
        case not(JMESPathNode)
        case comparison(Comparison, JMESPathNode, JMESPathNode)
        case flatten(JMESPathNode)
        /// Applies the second node to each element of the first one's result.
        case projection(JMESPathNode, JMESPathNode)
        /// Applies the second node to each member's value of the first one's result.
        case valueProjection(JMESPathNode, JMESPathNode)
        case filter(JMESPathNode, condition: JMESPathNode, JMESPathNode)
        case list([JMESPathNode])
        case hash([(key: String, node: JMESPathNode)])
        case call(JMESPathFunction, [Argument])
    }

    let form: Form
    /// The depth of the tree below this node.
    let depth: Int

    static let maximumDepth = 100

    static let current = JMESPathNode(form: .current, depth: 1)

    private init(form: Form, depth: Int) {
        self.form = form
        self.depth = depth
    }

    /// Creates a node. Throws if the tree is too deep for a recursive evaluation on the stack.
    init(_ form: Form, over children: [JMESPathNode] = []) throws(ShapingError) {
        let depth = 1 + (children.map(\.depth).max() ?? 0)
        guard depth <= Self.maximumDepth else { throw ShapingError(.syntax, "the expression is nested too deeply") }
        self.init(form: form, depth: depth)
    }

    /// Returns a node that applies `self` and then `next`, in one list of any length.
    func followed(by next: JMESPathNode) throws(ShapingError) -> JMESPathNode {
        if case .chain(let nodes) = form { return try JMESPathNode(.chain(nodes + [next]), over: nodes + [next]) }
        return try JMESPathNode(.chain([self, next]), over: [self, next])
    }
}
