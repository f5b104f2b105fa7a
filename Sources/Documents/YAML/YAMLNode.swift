internal import Budgets
internal import SecretMemory

/// A YAML document as a tree. Scalars are their source text.
///
/// Manifests are interpreted as in upstream's Go library: `0755` and `1e3` stay text if a text is expected, and the
/// reader of a scalar decides whether it is null or a number.
package indirect enum YAMLNode: Sendable {
    case scalar(YAMLScalar)
    case sequence([YAMLNode], line: Int)
    case mapping([(key: YAMLNode, value: YAMLNode)], line: Int)

    /// The line of the node, counted from 1.
    package var line: Int {
        switch self {
        case .scalar(let scalar): scalar.line
        case .sequence(_, let line), .mapping(_, let line): line
        }
    }

    package var scalar: YAMLScalar? {
        if case .scalar(let scalar) = self { scalar } else { nil }
    }

    package var sequence: [YAMLNode]? {
        if case .sequence(let nodes, _) = self { nodes } else { nil }
    }

    package var isNull: Bool { scalar?.isNull ?? false }

    /// The text of a scalar; nil for null and for collections.
    package var text: String? {
        guard let scalar, !scalar.isNull else { return nil }
        return scalar.text
    }

    /// The value under `key`; the first one for duplicate keys.
    package subscript(key: String) -> YAMLNode? {
        guard case .mapping(let members, _) = self else { return nil }
        return members.first { $0.key.scalar?.text.utf8.elementsEqual(key.utf8) == true }?.value
    }

    /// The tag that yaml.v3 would name in an error.
    package var tag: String {
        switch self {
        case .mapping: "!!map"
        case .sequence: "!!seq"
        case .scalar(let scalar): scalar.tag
        }
    }
}

extension YAMLNode {
    package typealias Member = (key: YAMLNode, value: YAMLNode)

    /// Returns a mapping's members together with those of its merge keys (`<<`). The mapping's own members have
    /// priority, and then the first of several merged mappings.
    package static func merging(_ members: [Member]) throws(YAMLError) -> [Member] {
        guard members.contains(where: { $0.key.scalar?.isMerge == true }) else { return members }
        var result = members.filter { $0.key.scalar?.isMerge != true }
        var names = Set(result.compactMap { $0.key.scalar.map { ByteKey($0.text) } })
        let tooLarge = YAMLError(reason: "document contains excessive merging", line: 0)
        for member in members where member.key.scalar?.isMerge == true {
            for source in member.value.sequence ?? [member.value] {
                guard case .mapping(let inherited, _) = source else {
                    throw YAMLError(reason: "map merge requires map or sequence of maps as the value", line: 0)
                }
                guard MountBudget.spend(steps: inherited.count, on: .reading) else { throw tooLarge }
                for member in try merging(inherited) {
                    if let name = member.key.scalar?.text, names.insert(ByteKey(name)).inserted {
                        result.append(member)
                    }
                }
            }
        }
        return result
    }
}

/// A YAML scalar: its text after quotes and folding are resolved, and the way it was written.
package struct YAMLScalar: Sendable, Equatable {
    package var text: String
    /// Whether it was written without quotes and without a block indicator.
    package var isPlain: Bool
    /// The explicit tag in its short form, such as `!!str`.
    package var explicitTag: String?
    /// The position of its first character, counted from 1, in lines and Unicode scalars.
    package var line: Int
    package var column = 1
    /// The position after its last character, or after the last line break of a block.
    package var endLine = 0
    package var endColumn = 0
    /// Whether it was written as a literal block (`|`).
    package var isLiteral = false

    package init(text: String, isPlain: Bool, explicitTag: String? = nil, line: Int) {
        self.text = text
        self.isPlain = isPlain
        self.explicitTag = explicitTag
        self.line = line
    }

    package var isNull: Bool {
        if let explicitTag { return explicitTag == "!!null" }
        return isPlain && ["", "~", "null", "Null", "NULL"].contains(text)
    }

    fileprivate var isMerge: Bool {
        text == "<<" && (explicitTag == "!!merge" || (isPlain && explicitTag == nil))
    }

    /// The integer by YAML's core schema, with the prefixes 0x, 0o and 0b, and with a leading 0 for octal numbers.
    package var integer: Int? {
        guard explicitTag == "!!int" || (isPlain && explicitTag == nil) else { return nil }
        var digits = text.replacing("_", with: "")[...]
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits = digits.dropFirst() }
        guard digits.first?.isNumber == true, digits.allSatisfy(\.isASCII) else { return nil }
        // Int would accept a second sign, and the magnitude of a negative number may be too large for Int.
        func unsigned(_ digits: Substring, radix: Int) -> Int? {
            digits.first == "-" || digits.first == "+" ? nil : Int(digits, radix: radix)
        }
        let magnitude: Int?
        if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
            magnitude = unsigned(digits.dropFirst(2), radix: 16)
        } else if digits.hasPrefix("0o") || digits.hasPrefix("0O") {
            magnitude = unsigned(digits.dropFirst(2), radix: 8)
        } else if digits.hasPrefix("0b") || digits.hasPrefix("0B") {
            magnitude = unsigned(digits.dropFirst(2), radix: 2)
        } else if digits.hasPrefix("0"), digits.count > 1, !digits.contains(where: { ".eE".contains($0) }) {
            // 08 is not an octal number, so it is read as a decimal one.
            magnitude = unsigned(digits.dropFirst(), radix: 8) ?? Double(String(digits)).flatMap(Int.init(exactly:))
        } else {
            magnitude = Int(digits) ?? Double(String(digits)).flatMap(Int.init(exactly:))
        }
        return magnitude.map { isNegative ? -$0 : $0 }
    }

    fileprivate var tag: String {
        if let explicitTag { return explicitTag }
        guard isPlain else { return "!!str" }
        if isNull { return "!!null" }
        if integer != nil { return "!!int" }
        if ["true", "false", "True", "False", "TRUE", "FALSE"].contains(text) { return "!!bool" }
        if text.first.map({ $0.isNumber || "+-.".contains($0) }) == true, Double(text) != nil { return "!!float" }
        return "!!str"
    }
}
