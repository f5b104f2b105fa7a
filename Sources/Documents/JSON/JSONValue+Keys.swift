package import SecretMemory

/// A key as its bytes: to Swift two texts are the same, composed and decomposed, that JSON tells apart.
package struct JSONKey: Hashable {
    private var bytes: [UInt8]

    package init(_ text: String) { bytes = Array(text.utf8) }
}

extension JSONObject {
    /// The value under exactly this key.
    package func value(under key: String) -> JSONValue? {
        members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    /// The same members, each key once: where it first stood, with the value that it last got.
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

    /// The kind, with its article, for errors.
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
