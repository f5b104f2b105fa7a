package import SecretMemory

/// The bytes of a key. Swift treats a composed and a decomposed text as equal, and JSON distinguishes them.
package struct JSONKey: Hashable {
    private var bytes: [UInt8]

    package init(_ text: String) { bytes = Array(text.utf8) }
}

extension JSONObject {
    /// Returns the value under exactly this key, compared by bytes.
    package func value(under key: String) -> JSONValue? {
        // Equal bytes are equal characters too, which takes less time to compare.
        members.last { $0.key == key && $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    /// The same object with each key once, at its first position and with its last value.
    package var unique: JSONObject {
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
    package static func text(_ bytes: SecretBytes) -> JSONValue { .string(JSONText(bytes)) }
    package static func text(_ text: String) -> JSONValue { .string(JSONText(SecretBytes(text))) }

    package var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The kind of the value with an article, for errors.
    package var phrase: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
