internal import Documents
internal import SecretMemory

extension JMESPathEvaluation {
    /// Evaluates the functions that read or create strings.
    mutating func text(
        _ function: JMESPathFunction, _ first: JSONValue, _ last: JSONValue
    ) throws(ShapingError) -> JSONValue {
        switch (function, first, last) {
        case (.length, .array(let elements), _): return .number("\(elements.count)")
        case (.length, .object(let object), _): return .number("\(object.members.count)")
        case (.length, .string(let text), _):
            return .number("\(text.withBytes { $0.count { $0 & 0xC0 != 0x80 } })")
        case (.reverse, .array(let elements), _):
            try budget.spend(steps: elements.count)
            return .array(elements.reversed())
        case (.reverse, .string(let text), _):
            let reversed = text.withBytes { Self.reversed($0) }
            try budget.spend(bytes: reversed.count)
            return .text(reversed)
        case (.contains, .array(let elements), let wanted):
            for element in elements {
                if try element.isEqual(to: wanted, &budget) { return .bool(true) }
            }
            return .bool(false)
        case (.contains, .string(let text), .string(let part)): return .bool(try find(part, in: text))
        case (.contains, .string, _): return .bool(false)
        case (.startsWith, .string(let text), .string(let part)):
            return .bool(text.withBytes { text in part.withBytes { text.starts(with: $0) } })
        case (.endsWith, .string(let text), .string(let part)):
            return .bool(text.withBytes { text in part.withBytes { text.suffix($0.count).elementsEqual($0) } })
        case (.join, .string(let separator), .array(let elements)): return .text(try joined(elements, separator))
        case (.toString, .string, _): return first
        case (.toString, _, _): return .text(try JSONRenderer.render(first, &budget))
        default: return .null
        }
    }

    /// Returns the code points in reverse order.
    private static func reversed(_ bytes: UnsafeRawBufferPointer) -> SecretBytes {
        var builder = SecretBytesBuilder(capacity: bytes.count)
        var end = bytes.count
        while end > 0 {
            var start = end - 1
            while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
            builder.append(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            end = start
        }
        return SecretBytes(builder)
    }

    private mutating func find(_ part: JSONText, in text: JSONText) throws(ShapingError) -> Bool {
        var budget = budget
        defer { self.budget = budget }
        return try text.withBytes { text throws(ShapingError) in
            try part.withBytes { part throws(ShapingError) in
                guard part.count <= text.count else { return false }
                for start in 0...text.count - part.count {
                    var length = 0
                    while length < part.count, text[start + length] == part[length] { length += 1 }
                    if length == part.count { return true }
                    try budget.spend(steps: length / 16)
                }
                return false
            }
        }
    }

    private mutating func joined(_ elements: [JSONValue], _ separator: JSONText) throws(ShapingError) -> SecretBytes {
        var builder = SecretBytesBuilder()
        var budget = budget
        defer { self.budget = budget }
        for (index, element) in elements.enumerated() {
            guard case .string(let text) = element else { continue }
            let before = builder.count
            if index > 0 { separator.withBytes { builder.append($0) } }
            text.withBytes { builder.append($0) }
            try budget.spend(bytes: builder.count - before)
        }
        return builder.finish()
    }
}
