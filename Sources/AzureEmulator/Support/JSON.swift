internal import Foundation

/// The one way in which the emulator reads and writes JSON objects whose members it does not know in advance.
enum JSON {
    /// Writes an object with sorted keys, so that equal objects give equal bytes.
    static func data(_ object: [String: Any]) throws -> Data {
        try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
    }

    /// Writes an encodable value with sorted keys.
    static func data(encoding value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    /// Reads an object; nil if `data` is not JSON or is another kind of value.
    static func object(_ data: Data) -> [String: Any]? {
        do {
            return try JSONSerialization.jsonObject(with: data) as? [String: Any]
        } catch {
            return nil
        }
    }

    /// Decodes a value; nil if `data` does not hold one.
    static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) -> Value? {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            return nil
        }
    }
}
