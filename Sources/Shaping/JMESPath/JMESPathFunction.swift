/// The functions of JMESPath and the types of their parameters.
enum JMESPathFunction: String, CaseIterable, Sendable {
    case abs
    case avg
    case ceil
    case contains
    case endsWith = "ends_with"
    case floor
    case join
    case keys
    case length
    case map
    case max
    case maxBy = "max_by"
    case merge
    case min
    case minBy = "min_by"
    case notNull = "not_null"
    case reverse
    case sort
    case sortBy = "sort_by"
    case startsWith = "starts_with"
    case sum
    case toArray = "to_array"
    case toNumber = "to_number"
    case toString = "to_string"
    case type
    case values

    enum Parameter: Sendable {
        case any, number, string, array, object, expression
        case numbers, strings, numbersOrStrings
        case arrayOrString, arrayStringOrObject

        var phrase: String {
            switch self {
            case .any: "any value"
            case .number: "a number"
            case .string: "a string"
            case .array: "an array"
            case .object: "an object"
            case .expression: "an expression, such as &name"
            case .numbers: "an array of numbers"
            case .strings: "an array of strings"
            case .numbersOrStrings: "an array of numbers or of strings"
            case .arrayOrString: "an array or a string"
            case .arrayStringOrObject: "an array, a string or an object"
            }
        }
    }

    var parameters: [Parameter] {
        switch self {
        case .abs, .ceil, .floor: [.number]
        case .avg, .sum: [.numbers]
        case .contains: [.arrayOrString, .any]
        case .endsWith, .startsWith: [.string, .string]
        case .join: [.string, .strings]
        case .keys, .values, .merge: [.object]
        case .length: [.arrayStringOrObject]
        case .map: [.expression, .array]
        case .max, .min, .sort: [.numbersOrStrings]
        case .maxBy, .minBy, .sortBy: [.array, .expression]
        case .notNull, .toArray, .toNumber, .toString, .type: [.any]
        case .reverse: [.arrayOrString]
        }
    }

    /// Whether the last parameter can be repeated.
    var isVariadic: Bool { self == .merge || self == .notNull }

    /// Throws for mistakes in the arguments that can be found without a document.
    func check(_ arguments: [JMESPathNode.Argument], at column: Int) throws(ShapingError) {
        let parameters = parameters
        guard isVariadic ? arguments.count >= parameters.count : arguments.count == parameters.count else {
            let wanted = "\(isVariadic ? "at least " : "")\(parameters.count)"
            throw ShapingError(
                .invalidArity, "column \(column): \(rawValue)() takes \(wanted) arguments, here are \(arguments.count)")
        }
        for (index, argument) in arguments.enumerated() {
            let parameter = parameters[Swift.min(index, parameters.count - 1)]
            let isExpression = if case .expression = argument { true } else { false }
            guard isExpression == (parameter == .expression) else {
                throw ShapingError(
                    .invalidType, "column \(column): argument \(index + 1) of \(rawValue)() must be \(parameter.phrase)"
                )
            }
        }
    }
}
