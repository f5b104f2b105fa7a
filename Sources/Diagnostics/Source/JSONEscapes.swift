internal import SecretMemory

/// Converts JSON's surrogate pairs for YAML. JSON writes characters beyond the first 65,536 as two escapes, such as
/// `\ud83d\ude00`, and YAML does not have that notation.
enum JSONEscapes {
    /// Returns the text with such pairs written as YAML's `\U0001F600`, or unchanged if it is not JSON.
    static func readableAsYAML(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard let first = bytes.first(where: { !ASCII.isSpace($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return text }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count else {
                result.append(bytes[index])
                index += 1
                continue
            }
            if let high = unit(bytes, index), (0xD800...0xDBFF).contains(high), let low = unit(bytes, index + 6),
                (0xDC00...0xDFFF).contains(low)
            {
                let scalar = 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
                let digits = String(scalar, radix: 16, uppercase: true)
                result +=
                    Array("\\U".utf8) + Array(String(repeating: "0", count: 8 - digits.count).utf8) + Array(digits.utf8)
                index += 12
            } else {
                // An escaped backslash does not begin another escape.
                result += bytes[index...(index + 1)]
                index += 2
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Returns the number in the escape `\uXXXX` at `index`.
    private static func unit(_ bytes: [UInt8], _ index: Int) -> Int? {
        guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        return Int(String(decoding: bytes[(index + 2)..<(index + 6)], as: UTF8.self), radix: 16)
    }
}
