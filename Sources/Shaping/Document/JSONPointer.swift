package import Documents
internal import SecretMemory

/// A JSON Pointer (RFC 6901), such as `/user/names/0`.
package struct JSONPointer: Sendable, Hashable {
    private static let maximumBytes = 4096
    private static let maximumTokens = 200

    private var tokens: [String]

    /// Parses `text`. An empty text points to the whole document. Otherwise each name follows a `/`, and in names `~1`
    /// stands for `/` and `~0` for `~`. Throws if the text is not a valid pointer.
    package init(_ text: String) throws(ShapingError) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw ShapingError(.syntax, "the pointer has more than \(Self.maximumBytes) bytes")
        }
        tokens = []
        guard !text.isEmpty else { return }
        guard text.utf8.first == UInt8(ascii: "/") else {
            throw ShapingError(.syntax, "a JSON Pointer is empty or begins with '/', as in /\(text.clipped)")
        }
        for part in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            tokens.append(try Self.unescaped(Array(part)))
        }
        guard tokens.count <= Self.maximumTokens else {
            throw ShapingError(.syntax, "the pointer has more than \(Self.maximumTokens) parts")
        }
    }

    /// Creates a pointer that follows `tokens`.
    init(tokens: [String]) {
        self.tokens = tokens
    }

    private static func unescaped(_ bytes: [UInt8]) throws(ShapingError) -> String {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "~") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            switch index + 1 < bytes.count ? bytes[index + 1] : 0 {
            case UInt8(ascii: "0"): result.append(UInt8(ascii: "~"))
            case UInt8(ascii: "1"): result.append(UInt8(ascii: "/"))
            default: throw ShapingError(.syntax, "in a JSON Pointer '~' is written ~0, and '/' within a name ~1")
            }
            index += 2
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Returns the value that the pointer refers to. Throws an error that names the last part that exists.
    package func value(in document: JSONValue) throws(ShapingError) -> JSONValue {
        var current = document
        for (index, token) in tokens.enumerated() {
            func missing(_ reason: String) -> ShapingError {
                let place = index == 0 ? "the document" : Self.text(of: tokens[..<index])
                return ShapingError(.missing, "\(place) \(reason)")
            }
            switch current {
            case .object(let object):
                guard let value = object.value(under: token) else { throw missing("has no key \"\(token.clipped)\"") }
                current = value
            case .array(let elements):
                guard let position = Self.index(token) else {
                    throw missing("is an array, and \"\(token.clipped)\" is not an index")
                }
                guard position < elements.count else {
                    throw missing("is an array of \(elements.count) elements, without one at index \(token.clipped)")
                }
                current = elements[position]
            default: throw missing("is \(current.phrase), which has no \"\(token.clipped)\"")
            }
        }
        return current
    }

    /// Returns an index, written as digits without leading zeros, or nil.
    private static func index(_ token: String) -> Int? {
        guard !token.isEmpty, token.utf8.allSatisfy({ ASCII.digits.contains($0) }),
            token == "0" || token.utf8.first != UInt8(ascii: "0")
        else { return nil }
        return Int(token) ?? .max
    }

    private static func text(of tokens: ArraySlice<String>) -> String {
        tokens.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined().clipped
    }
}
