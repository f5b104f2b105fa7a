internal import Documents

/// One evaluation: it applies the nodes of an expression to a document, within a budget.
struct JMESPathEvaluation {
    var budget: ShapingBudget

    init(budget: ShapingBudget) {
        self.budget = budget
    }

    mutating func evaluate(_ node: JMESPathNode, _ value: JSONValue) throws(ShapingError) -> JSONValue {
        try budget.spend()
        switch node.form {
        case .current: return value
        case .field(let name):
            guard case .object(let object) = value else { return .null }
            try budget.spend(steps: object.members.count / 8)
            return object.value(under: name) ?? .null
        case .index(let index):
            guard case .array(let elements) = value else { return .null }
            let position = index < 0 ? elements.count + index : index
            return elements.indices.contains(position) ? elements[position] : .null
        case .slice(let start, let stop, let step):
            guard case .array(let elements) = value else { return .null }
            try budget.spend(steps: elements.count)
            return .array(Self.slice(elements, start, stop, step))
        case .literal(let literal): return literal
        case .chain(let nodes):
            var result = value
            for node in nodes { result = try evaluate(node, result) }
            return result
        case .or(let nodes): return try first(of: nodes, value) { $0.isTrue }
        case .and(let nodes): return try first(of: nodes, value) { !$0.isTrue }
        case .not(let node): return .bool(!(try evaluate(node, value).isTrue))
        case .comparison(let comparison, let left, let right):
            return try compare(comparison, try evaluate(left, value), try evaluate(right, value))
        case .flatten(let node):
            guard case .array(let elements) = try evaluate(node, value) else { return .null }
            return .array(try flattened(elements))
        case .projection(let base, let node):
            guard case .array(let elements) = try evaluate(base, value) else { return .null }
            return .array(try project(elements, node))
        case .valueProjection(let base, let node):
            guard case .object(let object) = try evaluate(base, value) else { return .null }
            return .array(try project(object.members.map(\.value), node))
        case .filter(let base, let condition, let node):
            guard case .array(let elements) = try evaluate(base, value) else { return .null }
            var chosen: [JSONValue] = []
            for element in elements where try evaluate(condition, element).isTrue { chosen.append(element) }
            return .array(try project(chosen, node))
        case .list(let nodes):
            if value.isNull { return .null }
            var elements: [JSONValue] = []
            for node in nodes { elements.append(try evaluate(node, value)) }
            return .array(elements)
        case .hash(let pairs):
            if value.isNull { return .null }
            var members: [(key: String, value: JSONValue)] = []
            for pair in pairs { members.append((pair.key, try evaluate(pair.node, value))) }
            return .object(JSONObject(members: members).unique)
        case .call(let function, let arguments): return try call(function, arguments, value)
        }
    }

    /// Returns the first result with the wanted truth value, or the last result.
    private mutating func first(
        of nodes: [JMESPathNode], _ value: JSONValue, where isWanted: (JSONValue) -> Bool
    ) throws(ShapingError) -> JSONValue {
        var result = JSONValue.null
        for node in nodes {
            result = try evaluate(node, value)
            if isWanted(result) { break }
        }
        return result
    }

    /// Returns the results that are not null.
    private mutating func project(_ elements: [JSONValue], _ node: JMESPathNode) throws(ShapingError) -> [JSONValue] {
        var results: [JSONValue] = []
        for element in elements {
            let result = try evaluate(node, element)
            if !result.isNull { results.append(result) }
        }
        return results
    }

    private mutating func flattened(_ elements: [JSONValue]) throws(ShapingError) -> [JSONValue] {
        var results: [JSONValue] = []
        for element in elements {
            if case .array(let inner) = element {
                try budget.spend(steps: inner.count)
                results += inner
            } else {
                try budget.spend()
                results.append(element)
            }
        }
        return results
    }

    /// Slices a list like Python.
    private static func slice(_ elements: [JSONValue], _ start: Int?, _ stop: Int?, _ step: Int) -> [JSONValue] {
        let count = elements.count
        // All positions beyond the ends are equivalent, and limiting them prevents overflows.
        let step = max(-count - 1, min(count + 1, step))
        let (lowest, highest) = step > 0 ? (0, count) : (-1, count - 1)
        func place(_ index: Int?, _ defaultValue: Int) -> Int {
            guard let index else { return defaultValue }
            return max(lowest, min(highest, index < 0 ? index + count : index))
        }
        let first = place(start, step > 0 ? lowest : highest)
        let last = place(stop, step > 0 ? highest : lowest)
        return stride(from: first, to: last, by: step).map { elements[$0] }
    }

    private mutating func compare(
        _ comparison: JMESPathNode.Comparison, _ left: JSONValue, _ right: JSONValue
    ) throws(ShapingError) -> JSONValue {
        switch comparison {
        case .equal: return .bool(try left.isEqual(to: right, &budget))
        case .unequal: return .bool(!(try left.isEqual(to: right, &budget)))
        default: break
        }
        guard let order = left.order(before: right) else { return .null }
        switch comparison {
        case .less: return .bool(order == .less)
        case .lessOrEqual: return .bool(order != .more)
        case .more: return .bool(order == .more)
        case .moreOrEqual, .equal, .unequal: return .bool(order != .less)
        }
    }
}

extension JSONValue {
    /// The truth value in JMESPath: empty values, null and false are false, and 0 is true.
    var isTrue: Bool {
        switch self {
        case .null: false
        case .bool(let flag): flag
        case .number: true
        case .string(let text): !text.isEmpty
        case .array(let elements): !elements.isEmpty
        case .object(let object): !object.members.isEmpty
        }
    }

    /// Compares two numbers or two strings; nil for any other values.
    func order(before other: JSONValue) -> JSONNumber.Order? {
        switch (self, other) {
        case (.number(let a), .number(let b)): JSONNumber.order(a, b)
        case (.string(let a), .string(let b)): a.precedes(b) ? .less : b.precedes(a) ? .more : .same
        default: nil
        }
    }
}
