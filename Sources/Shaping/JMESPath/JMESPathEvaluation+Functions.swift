internal import Documents

extension JMESPathEvaluation {
    mutating func call(
        _ function: JMESPathFunction, _ arguments: [JMESPathNode.Argument], _ value: JSONValue
    ) throws(ShapingError) -> JSONValue {
        // The parser has checked the number of both.
        var values: [JSONValue] = []
        var expression = JMESPathNode.current
        let parameters = function.parameters
        for (index, argument) in arguments.enumerated() {
            switch argument {
            case .expression(let node): expression = node
            case .value(let node):
                let result = try evaluate(node, value)
                try require(result, parameters[min(index, parameters.count - 1)], function, index)
                values.append(result)
            }
        }
        let first = values.first ?? .null
        switch function {
        case .notNull: return values.first { !$0.isNull } ?? .null
        case .toArray: return first.array == nil ? .array([first]) : first
        case .type: return .text(Self.typeName(of: first))
        case .length, .reverse, .contains, .startsWith, .endsWith, .join, .toString:
            return try text(function, first, values.last ?? .null)
        case .abs, .ceil, .floor, .sum, .avg, .toNumber: return try number(function, first)
        case .keys: return .array(first.object?.members.map { .text($0.key) } ?? [])
        case .values: return .array(first.object?.members.map(\.value) ?? [])
        case .merge:
            let members = values.flatMap { $0.object?.members ?? [] }
            try budget.spend(steps: members.count)
            return .object(JSONObject(members: members).unique)
        case .map:
            var results: [JSONValue] = []
            for element in first.array ?? [] { results.append(try evaluate(expression, element)) }
            return .array(results)
        case .sort, .min, .max, .sortBy, .minBy, .maxBy:
            let elements = first.array ?? []
            try budget.spend(steps: elements.count)
            return try ordered(function, elements, by: expression)
        }
    }

    private static func typeName(of value: JSONValue) -> String {
        switch value {
        case .bool: "boolean"
        default: value.kind
        }
    }

    // MARK: - Types

    private mutating func require(
        _ value: JSONValue, _ parameter: JMESPathFunction.Parameter, _ function: JMESPathFunction, _ index: Int
    ) throws(ShapingError) {
        func all(_ elements: [JSONValue], _ kind: String) -> Bool { elements.allSatisfy { $0.kind == kind } }
        let isFit: Bool
        switch (parameter, value) {
        case (.any, _), (.number, .number), (.string, .string), (.array, .array), (.object, .object),
            (.arrayOrString, .array), (.arrayOrString, .string), (.arrayStringOrObject, .array),
            (.arrayStringOrObject, .string), (.arrayStringOrObject, .object):
            isFit = true
        case (.numbers, .array(let elements)):
            try budget.spend(steps: elements.count)
            isFit = all(elements, "number")
        case (.strings, .array(let elements)):
            try budget.spend(steps: elements.count)
            isFit = all(elements, "string")
        case (.numbersOrStrings, .array(let elements)):
            try budget.spend(steps: elements.count)
            isFit = all(elements, "number") || all(elements, "string")
        default: isFit = false
        }
        guard !isFit else { return }
        let found = if case .array = value, parameter != .object { "an array of something else" } else { value.phrase }
        throw ShapingError(
            .invalidType,
            "argument \(index + 1) of \(function.rawValue)() must be \(parameter.phrase), here it is \(found)")
    }

    // MARK: - Order

    private mutating func ordered(
        _ function: JMESPathFunction, _ elements: [JSONValue], by expression: JMESPathNode
    ) throws(ShapingError) -> JSONValue {
        var keyed: [(key: JSONValue, element: JSONValue, index: Int)] = []
        let usesExpression = [.sortBy, .minBy, .maxBy].contains(function)
        for (index, element) in elements.enumerated() {
            let key = usesExpression ? try evaluate(expression, element) : element
            guard key.kind == "number" || key.kind == "string", key.kind == keyed.first?.key.kind ?? key.kind else {
                throw ShapingError(
                    .invalidType,
                    "the expression of \(function.rawValue)() must give only numbers or only strings, here it gives "
                        + key.phrase + (keyed.first.map { " and \($0.key.phrase)" } ?? ""))
            }
            keyed.append((key, element, index))
        }
        switch function {
        case .sort, .sortBy:
            keyed.sort { a, b in
                let order = a.key.order(before: b.key)
                return order == .same ? a.index < b.index : order == .less
            }
            return .array(keyed.map(\.element))
        default:
            // If several are equal, the first one counts.
            let wanted: JSONNumber.Order = function == .min || function == .minBy ? .less : .more
            var best = keyed.first
            for candidate in keyed.dropFirst() {
                if let current = best, candidate.key.order(before: current.key) == wanted { best = candidate }
            }
            return best?.element ?? .null
        }
    }

    // MARK: - Numbers

    private mutating func number(_ function: JMESPathFunction, _ value: JSONValue) throws(ShapingError) -> JSONValue {
        func made(_ number: JSONNumber) throws(ShapingError) -> JSONValue {
            guard let source = number.source else {
                throw ShapingError(.invalidValue, "the result of \(function.rawValue)() is too large a number")
            }
            return .number(source)
        }
        switch (function, value) {
        case (.toNumber, .number): return value
        case (.toNumber, .string(let text)):
            let source = text.string
            return JSONNumber.isNumber(source) ? .number(source) : .null
        case (.abs, .number(let source)):
            return .number(source.utf8.first == UInt8(ascii: "-") ? String(source.dropFirst()) : source)
        case (.ceil, .number(let source)), (.floor, .number(let source)):
            guard case .real(let real) = JSONNumber(source) else { return value }
            return try made(.real(real.rounded(function == .ceil ? .up : .down)))
        case (.sum, .array(let elements)): return try made(Self.sum(elements))
        case (.avg, .array(let elements)):
            return elements.isEmpty ? .null : try made(.real(Self.sum(elements).double / Double(elements.count)))
        default: return .null
        }
    }

    private static func sum(_ elements: [JSONValue]) -> JSONNumber {
        var total = 0
        var isExact = true
        for element in elements {
            guard isExact, case .number(let source) = element else { continue }
            guard case .integer(let value) = JSONNumber(source) else {
                isExact = false
                continue
            }
            let (next, overflows) = total.addingReportingOverflow(value)
            isExact = !overflows
            total = next
        }
        if isExact { return .integer(total) }
        return .real(
            elements.reduce(0) { sum, element in
                if case .number(let source) = element { sum + JSONNumber(source).double } else { sum }
            })
    }
}
