internal import Documents

extension JSONValue {
    /// Whether both values are equal: numbers are compared by value, and the order of an object's members does not
    /// matter.
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
