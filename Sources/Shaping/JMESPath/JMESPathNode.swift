internal import Documents

/// A part of a JMESPath expression.
struct JMESPathNode: Sendable {
    enum Comparison: Sendable {
        case equal, unequal, less, lessOrEqual, more, moreOrEqual
    }

    enum Argument: Sendable {
        case value(JMESPathNode)
        /// `&` before an expression that the function applies itself.
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
        /// Each applied to the result of the one before.
        case chain([JMESPathNode])
        /// The first that is true, or the last.
        case or([JMESPathNode])
        /// The first that is false, or the last.
        case and([JMESPathNode])
        case not(JMESPathNode)
        case comparison(Comparison, JMESPathNode, JMESPathNode)
        case flatten(JMESPathNode)
        /// The second applied to each element of the first.
        case projection(JMESPathNode, JMESPathNode)
        /// The second applied to each member's value of the first.
        case valueProjection(JMESPathNode, JMESPathNode)
        case filter(JMESPathNode, condition: JMESPathNode, JMESPathNode)
        case list([JMESPathNode])
        case hash([(key: String, node: JMESPathNode)])
        case call(JMESPathFunction, [Argument])
    }

    let form: Form
    /// How many nodes lie above each other.
    let depth: Int

    static let maximumDepth = 100

    static let current = JMESPathNode(form: .current, depth: 1)

    private init(form: Form, depth: Int) {
        self.form = form
        self.depth = depth
    }

    /// Refuses what would be too deep to be evaluated without a thought for the stack.
    init(_ form: Form, over children: [JMESPathNode] = []) throws(ShapingError) {
        let depth = 1 + (children.map(\.depth).max() ?? 0)
        guard depth <= Self.maximumDepth else { throw ShapingError(.syntax, "the expression is nested too deeply") }
        self.init(form: form, depth: depth)
    }

    /// `self` and then `next`, in one list however many there are.
    func followed(by next: JMESPathNode) throws(ShapingError) -> JMESPathNode {
        if case .chain(let nodes) = form { return try JMESPathNode(.chain(nodes + [next]), over: nodes + [next]) }
        return try JMESPathNode(.chain([self, next]), over: [self, next])
    }
}
