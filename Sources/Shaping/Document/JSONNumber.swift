internal import Documents
internal import SecretMemory

/// Arithmetic on JSON numbers. They are kept as source text until a calculation, so that no digit is lost.
enum JSONNumber: Sendable {
    case integer(Int)
    case real(Double)

    enum Order { case less, same, more }

    init(_ source: String) {
        if let integer = Int(source) {
            self = .integer(integer)
        } else {
            self = .real(Double(source) ?? .nan)
        }
    }

    var double: Double {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        }
    }

    /// The number as JSON text; nil if it is out of range.
    var source: String? {
        switch self {
        case .integer(let value): return "\(value)"
        case .real(let value):
            guard value.isFinite else { return nil }
            if value == value.rounded(), abs(value) < 1e15 { return "\(Int(value))" }
            return "\(value)"
        }
    }

    static func order(_ a: String, _ b: String) -> Order {
        if a == b { return .same }
        if isWhole(a), isWhole(b) { return wholeOrder(a, b) }
        let (x, y) = (Double(a) ?? .nan, Double(b) ?? .nan)
        return x < y ? .less : x > y ? .more : .same
    }

    /// Whether `text` is a number in the notation of RFC 8259.
    static func isNumber(_ text: String) -> Bool {
        guard let first = text.utf8.first, first == UInt8(ascii: "-") || ASCII.digits.contains(first) else {
            return false
        }
        guard let value = try? JSONParser.parse(SecretBytes(text)), case .number(let source) = value else {
            return false
        }
        return source == text
    }

    private static func isWhole(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || ASCII.digits.contains($0) }
    }

    /// Compares whole numbers of any length, which JSON writes without leading zeros.
    private static func wholeOrder(_ a: String, _ b: String) -> Order {
        func parts(_ text: String) -> (isNegative: Bool, digits: [UInt8]) {
            let digits = Array(text.utf8.drop { $0 == UInt8(ascii: "-") })
            return (text.utf8.first == UInt8(ascii: "-") && digits != [UInt8(ascii: "0")], digits)
        }
        let (x, y) = (parts(a), parts(b))
        guard x.isNegative == y.isNegative else { return x.isNegative ? .less : .more }
        if x.digits == y.digits { return .same }
        let isShorter =
            x.digits.count == y.digits.count
            ? x.digits.lexicographicallyPrecedes(y.digits) : x.digits.count < y.digits.count
        return isShorter == x.isNegative ? .more : .less
    }
}
