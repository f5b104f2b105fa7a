extension JSONText {
    /// A text that no document holds.
    init(_ bytes: SecretBytes) {
        self.init(document: bytes, range: 0..<bytes.count, hasEscapes: false)
    }

    /// Lends the decoded bytes, without a copy where the source has no escapes. The document must be UTF-8.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard !hasEscapes else { return try secret.withExposed(body) }
        return try document.withExposed { bytes throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }

    var isEmpty: Bool { range.isEmpty }

    func hasSameBytes(as other: JSONText) -> Bool {
        withBytes { mine in other.withBytes { theirs in mine.elementsEqual(theirs) } }
    }

    /// The order of code points, which is that of UTF-8's bytes.
    func precedes(_ other: JSONText) -> Bool {
        withBytes { mine in other.withBytes { theirs in mine.lexicographicallyPrecedes(theirs) } }
    }
}

/// A key as its bytes: to Swift two texts are the same, composed and decomposed, that JSON tells apart.
struct JSONKey: Hashable {
    private var bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }
}

extension JSONObject {
    /// The value under exactly this key.
    func value(under key: String) -> JSONValue? {
        members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    /// The same members, each key once: where it first stood, with the value that it last got.
    var unique: JSONObject {
        var places: [JSONKey: Int] = [:]
        var result: [(key: String, value: JSONValue)] = []
        for member in members {
            let key = JSONKey(member.key)
            if let place = places[key] {
                result[place].value = member.value
            } else {
                places[key] = result.count
                result.append(member)
            }
        }
        return JSONObject(members: result)
    }
}

extension JSONValue {
    static func text(_ bytes: SecretBytes) -> JSONValue { .string(JSONText(bytes)) }
    static func text(_ text: String) -> JSONValue { .string(JSONText(SecretBytes(text))) }

    var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The kind, with its article, for errors.
    var phrase: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// Whether both stand for the same value: numbers by what they amount to, objects in any order.
    func isEqual(to other: JSONValue, _ budget: inout ShapingBudget) throws(ShapingError) -> Bool {
        try budget.spend()
        switch (self, other) {
        case (.null, .null): return true
        case (.bool(let a), .bool(let b)): return a == b
        case (.number(let a), .number(let b)): return JSONNumber.order(a, b) == .same
        case (.string(let a), .string(let b)): return a.hasSameBytes(as: b)
        case (.array(let a), .array(let b)):
            guard a.count == b.count else { return false }
            for (mine, theirs) in zip(a, b) {
                guard try mine.isEqual(to: theirs, &budget) else { return false }
            }
            return true
        case (.object(let a), .object(let b)):
            guard a.members.count == b.members.count else { return false }
            try budget.spend(steps: a.members.count)
            let theirs = Dictionary(b.members.map { (JSONKey($0.key), $0.value) }, uniquingKeysWith: { $1 })
            for member in a.members {
                guard let value = theirs[JSONKey(member.key)], try member.value.isEqual(to: value, &budget) else {
                    return false
                }
            }
            return true
        default: return false
        }
    }
}
